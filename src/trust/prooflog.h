/* The proof log: a Merkle tree over certificates' hashes, so that nobody, not even the issuer, can take one back
 * unseen. RFC 6962 with SM3: leaf = SM3(0x00 || entry), node = SM3(0x01 || left || right); the empty tree is SM3("").
 */
#pragma once

#include "trust/hash.h"

struct prooflog_hash {
    unsigned char bytes[HASH_SIZE];
};
#define PROOFLOG_PATH_MAX 64

struct prooflog_hash prooflog_leaf(struct str entry);

/* The tree as it grows: only the roots of its full subtrees are kept. Zero-initialise. */
struct prooflog {
    uint64_t size;
    struct prooflog_hash peaks[PROOFLOG_PATH_MAX]; /* one per set bit of size, largest subtree first */
};
void prooflog_append(struct prooflog *self, struct prooflog_hash leaf);
struct prooflog_hash prooflog_root(const struct prooflog *self);

struct prooflog_path {
    size_t count;
    struct prooflog_hash hashes[PROOFLOG_PATH_MAX];
};
/* Proofs from all leaves of a tree of size leaves. index < size; 0 < old_size <= size. */
struct prooflog_path prooflog_inclusion(const struct prooflog_hash *leaves, uint64_t size, uint64_t index);
struct prooflog_path prooflog_consistency(const struct prooflog_hash *leaves, uint64_t size, uint64_t old_size);

bool prooflog_included(struct prooflog_hash leaf, uint64_t index, uint64_t size, struct prooflog_hash root,
                       const struct prooflog_path *path);
bool prooflog_consistent(uint64_t old_size, struct prooflog_hash old_root, uint64_t size, struct prooflog_hash root,
                         const struct prooflog_path *path);
