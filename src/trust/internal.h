/* What trust's files share: the inside of keys, drawing, print. */
#pragma once

#include "trust/hash.h"
#include "trust/keys.h"

#include <cairo.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

struct key {
    enum key_algorithm algorithm;
    enum key_state state;
    int64_t created_ms;
    EVP_PKEY *pair;                    /* public half, or both */
    BIGNUM *secret;                    /* NULL without private half */
    BIGNUM *factor;                    /* SM2 only: (1 + secret)^-1, in Montgomery form; NULL without private half */
    unsigned char x[32], y[32];        /* the public point */
    unsigned char identity[HASH_SIZE]; /* SM2 only: Z, the hash of user identity, curve and public point */
    char id[44];                       /* 43 characters and a zero */
};

/* The curve of an algorithm; shared, made once, never freed. */
const EC_GROUP *key_curve(enum key_algorithm algorithm);

/* What an SM2 signature multiplies with; to be freed with BN_clear_free. */
BIGNUM *sm2_factor(const BIGNUM *secret);
void sm2_sign(const BIGNUM *factor, const unsigned char digest[HASH_SIZE], unsigned char out[64]);

/* Writes a drawn picture as PNG. cairo has drawn on surface and tells whether that went well. */
MUST_USE enum status picture_png(struct arena *arena, cairo_t *cairo, cairo_surface_t *surface, struct str *out,
                                 struct error *err);

/* A compact font (CFF) without subroutines. False, and *out untouched, when it is not one that this can be done to. */
MUST_USE bool cff_flatten(struct arena *arena, struct str font, struct str *out);
/* A PDF of cairo's with its fonts made so small; anything else as it is. */
struct str pdf_slim(struct arena *arena, struct str pdf);

/* Has run(argument) done by a drawing thread and waits for it: everything that needs fonts. */
void draw_run(void (*run)(void *argument), void *argument);
