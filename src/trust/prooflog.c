/* Merkle tree of RFC 6962 (sections 2.1.1, 2.1.2) with SM3. Verification follows RFC 9162 sections 2.1.3.2 and 2.1.4.2.
 */
#include "trust/prooflog.h"

#include <string.h>

struct prooflog_hash prooflog_leaf(struct str entry)
{
    struct prooflog_hash out = {0};
    struct hash *hash = hash_new(HASH_SM3);
    hash_put(hash, (struct str){"\0", 1});
    hash_put(hash, entry);
    hash_done(hash, out.bytes);
    hash_free(hash);
    return out;
}

static struct prooflog_hash node(struct prooflog_hash left, struct prooflog_hash right)
{
    unsigned char text[1 + 2 * HASH_SIZE] = {1};
    memcpy(text + 1, left.bytes, HASH_SIZE);
    memcpy(text + 1 + HASH_SIZE, right.bytes, HASH_SIZE);
    struct prooflog_hash out = {0};
    hash_sm3((struct str){(const char *)text, sizeof(text)}, out.bytes);
    return out;
}

static bool is_same(struct prooflog_hash a, struct prooflog_hash b)
{
    return memcmp(a.bytes, b.bytes, HASH_SIZE) == 0;
}

static size_t peak_count(const struct prooflog *self)
{
    return (size_t)__builtin_popcountll(self->size);
}

void prooflog_append(struct prooflog *self, struct prooflog_hash leaf)
{
    size_t count = peak_count(self);
    for (uint64_t size = self->size; size & 1; size >>= 1)
        leaf = node(self->peaks[--count], leaf);
    self->peaks[count] = leaf;
    self->size++;
}

struct prooflog_hash prooflog_root(const struct prooflog *self)
{
    struct prooflog_hash root = {0};
    size_t count = peak_count(self);
    if (count == 0) {
        hash_sm3(STR(""), root.bytes);
        return root;
    }
    root = self->peaks[--count];
    while (count > 0)
        root = node(self->peaks[--count], root);
    return root;
}

/* ---- Proofs ---- */

/* The largest power of two below size (size > 1). */
static uint64_t split(uint64_t size)
{
    return (uint64_t)1 << (63 - __builtin_clzll(size - 1));
}

static struct prooflog_hash subtree(const struct prooflog_hash *leaves, uint64_t size)
{
    struct prooflog tree = {0};
    for (uint64_t i = 0; i < size; i++)
        prooflog_append(&tree, leaves[i]);
    return prooflog_root(&tree);
}

/* The proofs are found from the root down but read from the leaf up. */
static void turn_round(struct prooflog_path *path)
{
    for (size_t i = 0; i < path->count / 2; i++) {
        struct prooflog_hash other = path->hashes[i];
        path->hashes[i] = path->hashes[path->count - 1 - i];
        path->hashes[path->count - 1 - i] = other;
    }
}

struct prooflog_path prooflog_inclusion(const struct prooflog_hash *leaves, uint64_t size, uint64_t index)
{
    CHECK(index < size);
    struct prooflog_path path = {0};
    while (size > 1) {
        uint64_t left = split(size);
        if (index < left) {
            path.hashes[path.count++] = subtree(leaves + left, size - left);
            size = left;
        } else {
            path.hashes[path.count++] = subtree(leaves, left);
            leaves += left;
            index -= left;
            size -= left;
        }
    }
    turn_round(&path);
    return path;
}

struct prooflog_path prooflog_consistency(const struct prooflog_hash *leaves, uint64_t size, uint64_t old_size)
{
    CHECK(old_size > 0 && old_size <= size);
    struct prooflog_path path = {0};
    bool whole = true; /* the old tree is a subtree that the verifier knows */
    while (old_size < size) {
        uint64_t left = split(size);
        if (old_size <= left) {
            path.hashes[path.count++] = subtree(leaves + left, size - left);
            size = left;
        } else {
            path.hashes[path.count++] = subtree(leaves, left);
            leaves += left;
            old_size -= left;
            size -= left;
            whole = false;
        }
    }
    if (!whole)
        path.hashes[path.count++] = subtree(leaves, size);
    turn_round(&path);
    return path;
}

bool prooflog_included(struct prooflog_hash leaf, uint64_t index, uint64_t size, struct prooflog_hash root,
                       const struct prooflog_path *path)
{
    if (index >= size || path->count > PROOFLOG_PATH_MAX)
        return false;
    uint64_t last = size - 1;
    struct prooflog_hash sum = leaf;
    for (size_t i = 0; i < path->count; i++) {
        if (last == 0)
            return false;
        if (index & 1 || index == last) {
            sum = node(path->hashes[i], sum);
            while (!(index & 1) && index != 0) {
                index >>= 1;
                last >>= 1;
            }
        } else {
            sum = node(sum, path->hashes[i]);
        }
        index >>= 1;
        last >>= 1;
    }
    return last == 0 && is_same(sum, root);
}

bool prooflog_consistent(uint64_t old_size, struct prooflog_hash old_root, uint64_t size, struct prooflog_hash root,
                         const struct prooflog_path *path)
{
    if (old_size == 0 || old_size > size || path->count > PROOFLOG_PATH_MAX)
        return false;
    if (old_size == size)
        return path->count == 0 && is_same(old_root, root);
    uint64_t index = old_size - 1;
    uint64_t last = size - 1;
    while (index & 1) {
        index >>= 1;
        last >>= 1;
    }
    /* A power of two: the old root itself is the first node, and the proof leaves it out. */
    size_t next = index == 0 ? 0 : 1;
    if (path->count < next)
        return false;
    struct prooflog_hash old_sum = index == 0 ? old_root : path->hashes[0];
    struct prooflog_hash sum = old_sum;
    for (size_t i = next; i < path->count; i++) {
        if (last == 0)
            return false;
        if (index & 1 || index == last) {
            old_sum = node(path->hashes[i], old_sum);
            sum = node(path->hashes[i], sum);
            while (!(index & 1) && index != 0) {
                index >>= 1;
                last >>= 1;
            }
        } else {
            sum = node(sum, path->hashes[i]);
        }
        index >>= 1;
        last >>= 1;
    }
    return last == 0 && is_same(old_sum, old_root) && is_same(sum, root);
}
