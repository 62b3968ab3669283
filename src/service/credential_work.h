/* What the two files about credentials share: names of claims and types. */
#pragma once

#include "service/internal.h"

/* Claims beside those of the face: where they stand in a certificate's body. */
struct credential_own {
    const char *name, *path, *zh, *en;
};
#define CREDENTIAL_OWN_COUNT 4
extern const struct credential_own credential_own[CREDENTIAL_OWN_COUNT];
/* A face's key as a claim; those that mean something else in an SD-JWT VC get the prefix face_. */
struct str credential_claim(struct arena *arena, struct str key);
struct str credential_vct(const struct service *service, struct arena *arena, struct str kind);
