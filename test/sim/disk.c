#include "disk.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#define FILES_MAX 16
#define NAME_MAX_BYTES 100
#define SHM_REGIONS_MAX 64
#define SECTOR 512

/* A write that has not been synced. */
struct pending {
    struct pending *next;
    int64_t offset; /* -1: the file was cut to size bytes */
    size_t size;
    unsigned char *bytes;
};

struct content {
    unsigned char *data;
    size_t size, capacity;
};

struct file {
    char name[NAME_MAX_BYTES]; /* "": free */
    struct content seen, safe;
    struct pending *first, **last;
    int opened;
    bool deleted; /* by name; goes when the last one closes it */
    /* SQLite's locks on the file and its shared memory, of all connections together. */
    int shared, reserved, pending_lock, exclusive;
    void *regions[SHM_REGIONS_MAX];
    int shm_shared[SQLITE_SHM_NLOCK], shm_exclusive[SQLITE_SHM_NLOCK];
    int shm_users;
};

struct handle {
    sqlite3_file base;
    struct file *file;
    int level; /* SQLITE_LOCK_… */
    bool shm_open, remove_on_close;
    unsigned shm_shared, shm_exclusive; /* bits */
};

static struct {
    pthread_mutex_t lock; /* over everything */
    struct file files[FILES_MAX];
    uint64_t random;
    int64_t cut_in, full_in, full_for, sync_in;
    enum disk_death death;
    bool cut, struck;
} disk = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- Files --------------------------------------------------------------------------------------------------------
 */

static uint64_t next_random(void)
{
    disk.random += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t x = disk.random;
    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return x ^ x >> 31;
}

static void content_resize(struct content *self, size_t size)
{
    if (size > self->capacity) {
        self->capacity = size * 2 < 65536 ? 65536 : size * 2;
        self->data = heap_grow(self->data, self->capacity);
    }
    if (size > self->size)
        memset(self->data + self->size, 0, size - self->size);
    self->size = size;
}

static void content_write(struct content *self, int64_t offset, const void *bytes, size_t size)
{
    if ((size_t)offset + size > self->size)
        content_resize(self, (size_t)offset + size);
    if (size)
        memcpy(self->data + offset, bytes, size);
}

static void forget_pending(struct file *file)
{
    for (struct pending *one = file->first, *next; one; one = next) {
        next = one->next;
        heap_free(one);
    }
    file->first = NULL;
    file->last = &file->first;
}

static void release_file(struct file *file)
{
    forget_pending(file);
    heap_free(file->seen.data);
    heap_free(file->safe.data);
    for (size_t i = 0; i < SHM_REGIONS_MAX; i++)
        heap_free(file->regions[i]);
    *file = (struct file){0};
    file->last = &file->first;
}

static struct file *file_find(const char *name)
{
    for (size_t i = 0; i < FILES_MAX; i++)
        if (disk.files[i].name[0] && !disk.files[i].deleted && strcmp(disk.files[i].name, name) == 0)
            return &disk.files[i];
    return NULL;
}

static struct file *file_make(const char *name)
{
    CHECK(strlen(name) < NAME_MAX_BYTES);
    for (size_t i = 0; i < FILES_MAX; i++)
        if (!disk.files[i].name[0]) {
            snprintf(disk.files[i].name, NAME_MAX_BYTES, "%s", name);
            disk.files[i].last = &disk.files[i].first;
            return &disk.files[i];
        }
    CHECK(!"a free place for a file");
    return NULL;
}

static void remember(struct file *file, int64_t offset, const void *bytes, size_t size)
{
    struct pending *one = heap_alloc(sizeof *one + size);
    *one = (struct pending){.offset = offset, .size = size, .bytes = (unsigned char *)(one + 1)};
    if (bytes)
        memcpy(one->bytes, bytes, size);
    *file->last = one;
    file->last = &one->next;
}

static void apply_pending(struct file *file, const struct pending *one, size_t size)
{
    if (one->offset < 0)
        content_resize(&file->safe, one->size);
    else
        content_write(&file->safe, one->offset, one->bytes, size);
}

static void sync_file(struct file *file)
{
    for (struct pending *one = file->first; one; one = one->next)
        apply_pending(file, one, one->size);
    forget_pending(file);
}

/* Each unsynced write has reached the disk, or not, or only its first sectors. */
static void lose_power(struct file *file)
{
    unsigned mood = (unsigned)(next_random() % 4); /* nothing, everything, or some of it survives */
    for (struct pending *one = file->first; one; one = one->next) {
        size_t sectors = one->size / SECTOR + 1;
        bool whole = mood == 1 || (mood > 1 && next_random() % 2);
        if (whole)
            apply_pending(file, one, one->size);
        else if (mood == 3 && one->offset >= 0)
            apply_pending(file, one, (size_t)(next_random() % sectors) * SECTOR);
    }
    forget_pending(file);
}

/* ---- Faults ---------------------------------------------------------------------------------------------------------
 */

/* Counts a changing operation. False when the server is dead. */
static bool alive(void)
{
    if (!disk.cut && disk.cut_in > 0 && --disk.cut_in == 0)
        disk.cut = disk.struck = true;
    return !disk.cut;
}

static bool room_for(const struct file *file, int64_t end)
{
    if (end <= (int64_t)file->seen.size || disk.full_for == 0)
        return true;
    if (disk.full_in > 1) {
        disk.full_in--;
        return true;
    }
    disk.full_for--;
    disk.struck = true;
    return false;
}

/* ---- SQLite's file operations
 * ------------------------------------------------------------------------------------------ */

/* Every operation holds the lock from enter to leave. */
static struct handle *enter(sqlite3_file *base)
{
    pthread_mutex_lock(&disk.lock);
    return (struct handle *)base;
}

static int leave(int code)
{
    pthread_mutex_unlock(&disk.lock);
    return code;
}

static void give_locks_back(struct handle *self, int level)
{
    struct file *file = self->file;
    if (self->level >= SQLITE_LOCK_RESERVED && level < SQLITE_LOCK_RESERVED)
        file->reserved--;
    if (self->level >= SQLITE_LOCK_PENDING && level < SQLITE_LOCK_PENDING)
        file->pending_lock--;
    if (self->level == SQLITE_LOCK_EXCLUSIVE && level < SQLITE_LOCK_EXCLUSIVE)
        file->exclusive--;
    if (self->level >= SQLITE_LOCK_SHARED && level < SQLITE_LOCK_SHARED)
        file->shared--;
    if (level < self->level)
        self->level = level;
}

static void remove_file(struct file *file)
{
    file->deleted = true;
    if (file->opened == 0)
        release_file(file);
}

static int disk_close(sqlite3_file *base)
{
    struct handle *self = enter(base);
    give_locks_back(self, SQLITE_LOCK_NONE);
    self->file->opened--;
    if (self->remove_on_close && !disk.cut)
        self->file->deleted = true;
    if (self->file->deleted)
        remove_file(self->file);
    return leave(SQLITE_OK);
}

static int disk_read(sqlite3_file *base, void *out, int size, sqlite3_int64 offset)
{
    const struct content *seen = &enter(base)->file->seen;
    size_t there = (size_t)offset < seen->size ? seen->size - (size_t)offset : 0;
    size_t n = there < (size_t)size ? there : (size_t)size;
    if (disk.cut)
        return leave(SQLITE_IOERR_READ);
    if (n)
        memcpy(out, seen->data + offset, n);
    memset((char *)out + n, 0, (size_t)size - n);
    return leave(n < (size_t)size ? SQLITE_IOERR_SHORT_READ : SQLITE_OK);
}

static int disk_write(sqlite3_file *base, const void *bytes, int size, sqlite3_int64 offset)
{
    struct file *file = enter(base)->file;
    if (!alive())
        return leave(SQLITE_IOERR_WRITE);
    if (!room_for(file, offset + size))
        return leave(SQLITE_FULL);
    content_write(&file->seen, offset, bytes, (size_t)size);
    remember(file, offset, bytes, (size_t)size);
    return leave(SQLITE_OK);
}

static int disk_truncate(sqlite3_file *base, sqlite3_int64 size)
{
    struct file *file = enter(base)->file;
    if (!alive())
        return leave(SQLITE_IOERR_TRUNCATE);
    content_resize(&file->seen, (size_t)size);
    remember(file, -1, NULL, (size_t)size);
    return leave(SQLITE_OK);
}

static int disk_sync(sqlite3_file *base, int flags)
{
    struct file *file = enter(base)->file;
    bool fails = disk.sync_in > 0 && --disk.sync_in == 0;
    (void)flags;
    disk.struck = disk.struck || fails;
    if (fails || !alive())
        return leave(SQLITE_IOERR_FSYNC);
    sync_file(file);
    return leave(SQLITE_OK);
}

static int disk_file_size(sqlite3_file *base, sqlite3_int64 *out)
{
    *out = (sqlite3_int64)enter(base)->file->seen.size;
    return leave(SQLITE_OK);
}

static int take_shared(struct file *file)
{
    if (file->pending_lock || file->exclusive)
        return SQLITE_BUSY;
    file->shared++;
    return SQLITE_OK;
}

static int take_reserved(struct file *file)
{
    if (file->reserved)
        return SQLITE_BUSY;
    file->reserved++;
    return SQLITE_OK;
}

static int take_exclusive(struct handle *self)
{
    struct file *file = self->file;
    bool mine = self->level >= SQLITE_LOCK_RESERVED;
    if (file->reserved > mine || file->shared > 1)
        return SQLITE_BUSY;
    file->reserved += !mine;
    file->pending_lock += self->level < SQLITE_LOCK_PENDING;
    file->exclusive++;
    return SQLITE_OK;
}

static int disk_lock(sqlite3_file *base, int level)
{
    struct handle *self = enter(base);
    int code = SQLITE_OK;
    if (level <= self->level)
        return leave(SQLITE_OK);
    if (level == SQLITE_LOCK_SHARED)
        code = take_shared(self->file);
    else if (level == SQLITE_LOCK_RESERVED)
        code = take_reserved(self->file);
    else if (level == SQLITE_LOCK_EXCLUSIVE)
        code = take_exclusive(self);
    if (code == SQLITE_OK)
        self->level = level;
    return leave(code);
}

static int disk_unlock(sqlite3_file *base, int level)
{
    give_locks_back(enter(base), level);
    return leave(SQLITE_OK);
}

static int disk_check_reserved(sqlite3_file *base, int *out)
{
    *out = enter(base)->file->reserved > 0;
    return leave(SQLITE_OK);
}

static int disk_control(sqlite3_file *base, int op, void *arg)
{
    (void)base;
    (void)op;
    (void)arg;
    return SQLITE_NOTFOUND;
}

static int disk_sector_size(sqlite3_file *base)
{
    (void)base;
    return SECTOR;
}

static int disk_characteristics(sqlite3_file *base)
{
    (void)base;
    return 0;
}

/* ---- Shared memory of the write-ahead log ----------------------------------------------------------------------- */

static int disk_shm_map(sqlite3_file *base, int region, int size, int extend, void volatile **out)
{
    struct handle *self = enter(base);
    CHECK(region < SHM_REGIONS_MAX);
    void **place = &self->file->regions[region];
    self->file->shm_users += !self->shm_open;
    self->shm_open = true;
    if (!*place && extend) {
        *place = heap_alloc((size_t)size);
        memset(*place, 0, (size_t)size);
    }
    *out = *place;
    return leave(SQLITE_OK);
}

static bool shm_taken(const struct handle *self, int slot, bool exclusive)
{
    const struct file *file = self->file;
    int others_exclusive = file->shm_exclusive[slot] - (self->shm_exclusive >> slot & 1u ? 1 : 0);
    int others_shared = file->shm_shared[slot] - (self->shm_shared >> slot & 1u ? 1 : 0);
    return others_exclusive > 0 || (exclusive && others_shared > 0);
}

static void shm_set(struct handle *self, int slot, bool exclusive, bool on)
{
    unsigned *mine = exclusive ? &self->shm_exclusive : &self->shm_shared;
    int *all = exclusive ? self->file->shm_exclusive : self->file->shm_shared;
    bool was = *mine >> slot & 1u;
    if (was == on)
        return;
    *mine ^= 1u << slot;
    all[slot] += on ? 1 : -1;
}

static int disk_shm_lock(sqlite3_file *base, int offset, int n, int flags)
{
    struct handle *self = enter(base);
    bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0, on = (flags & SQLITE_SHM_LOCK) != 0;
    for (int i = offset; on && i < offset + n; i++)
        if (shm_taken(self, i, exclusive))
            return leave(SQLITE_BUSY);
    for (int i = offset; i < offset + n; i++)
        shm_set(self, i, exclusive, on);
    return leave(SQLITE_OK);
}

static void disk_shm_barrier(sqlite3_file *base)
{
    (void)base;
    __sync_synchronize();
}

static void forget_regions(struct file *file)
{
    for (size_t i = 0; i < SHM_REGIONS_MAX; i++) {
        heap_free(file->regions[i]);
        file->regions[i] = NULL;
    }
}

static int disk_shm_unmap(sqlite3_file *base, int remove)
{
    struct handle *self = enter(base);
    for (int i = 0; i < SQLITE_SHM_NLOCK; i++) {
        shm_set(self, i, true, false);
        shm_set(self, i, false, false);
    }
    self->file->shm_users -= self->shm_open;
    self->shm_open = false;
    if (remove && self->file->shm_users == 0)
        forget_regions(self->file);
    return leave(SQLITE_OK);
}

static const sqlite3_io_methods io_methods = {
    .iVersion = 2,
    .xClose = disk_close,
    .xRead = disk_read,
    .xWrite = disk_write,
    .xTruncate = disk_truncate,
    .xSync = disk_sync,
    .xFileSize = disk_file_size,
    .xLock = disk_lock,
    .xUnlock = disk_unlock,
    .xCheckReservedLock = disk_check_reserved,
    .xFileControl = disk_control,
    .xSectorSize = disk_sector_size,
    .xDeviceCharacteristics = disk_characteristics,
    .xShmMap = disk_shm_map,
    .xShmLock = disk_shm_lock,
    .xShmBarrier = disk_shm_barrier,
    .xShmUnmap = disk_shm_unmap,
};

/* ---- SQLite's view of the whole disk
 * --------------------------------------------------------------------------------------- */

static int disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags, int *out_flags)
{
    struct handle *self = enter(base);
    struct file *file = file_find(name ? name : "temporary");
    (void)vfs;
    memset(self, 0, sizeof *self);
    if (disk.cut || (!file && !(flags & SQLITE_OPEN_CREATE)))
        return leave(SQLITE_CANTOPEN);
    self->base.pMethods = &io_methods;
    self->file = file ? file : file_make(name ? name : "temporary");
    self->file->opened++;
    self->remove_on_close = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
    if (out_flags)
        *out_flags = flags;
    return leave(SQLITE_OK);
}

static int disk_delete(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
    (void)vfs;
    (void)sync_folder;
    enter(NULL);
    struct file *file = file_find(name);
    if (!alive())
        return leave(SQLITE_IOERR_DELETE);
    if (!file)
        return leave(SQLITE_IOERR_DELETE_NOENT);
    remove_file(file);
    return leave(SQLITE_OK);
}

static int disk_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
    (void)vfs;
    (void)flags;
    enter(NULL);
    *out = file_find(name) != NULL;
    return leave(SQLITE_OK);
}

static int disk_full_path(sqlite3_vfs *vfs, const char *name, int size, char *out)
{
    (void)vfs;
    sqlite3_snprintf(size, out, "%s", name);
    return SQLITE_OK;
}

static int disk_randomness(sqlite3_vfs *vfs, int size, char *out)
{
    (void)vfs;
    pthread_mutex_lock(&disk.lock);
    for (int i = 0; i < size; i++)
        out[i] = (char)next_random();
    pthread_mutex_unlock(&disk.lock);
    return size;
}

static int disk_sleep(sqlite3_vfs *vfs, int us)
{
    (void)vfs;
    return us;
}

static int disk_time(sqlite3_vfs *vfs, sqlite3_int64 *out)
{
    (void)vfs;
    *out = INT64_C(212600000000000);
    return SQLITE_OK;
}

void disk_register(void)
{
    static sqlite3_vfs vfs = {
        .iVersion = 2,
        .szOsFile = sizeof(struct handle),
        .mxPathname = NAME_MAX_BYTES - 1,
        .zName = "simulated",
        .xOpen = disk_open,
        .xDelete = disk_delete,
        .xAccess = disk_access,
        .xFullPathname = disk_full_path,
        .xRandomness = disk_randomness,
        .xSleep = disk_sleep,
        .xCurrentTimeInt64 = disk_time,
    };
    CHECK(sqlite3_vfs_register(&vfs, 1) == SQLITE_OK);
}

/* ---- What the simulation does to it
 * ---------------------------------------------------------------------------------------- */

void disk_reset(uint64_t seed)
{
    for (size_t i = 0; i < FILES_MAX; i++) {
        CHECK(disk.files[i].opened == 0);
        release_file(&disk.files[i]);
    }
    disk_mend();
    disk.cut = false;
    disk.random = seed;
}

void disk_put(const char *name, struct str content)
{
    struct file *file = file_find(name);
    if (!file)
        file = file_make(name);
    content_resize(&file->seen, 0);
    content_write(&file->seen, 0, content.data, content.len);
    content_resize(&file->safe, 0);
    content_write(&file->safe, 0, content.data, content.len);
    forget_pending(file);
}

struct str disk_get(const char *name)
{
    const struct file *file = file_find(name);
    return file ? (struct str){(const char *)file->seen.data, file->seen.size} : STR_NONE;
}

void disk_cut_at(int64_t nth, enum disk_death how)
{
    pthread_mutex_lock(&disk.lock);
    disk.cut_in = nth;
    disk.death = how;
    pthread_mutex_unlock(&disk.lock);
}

void disk_cut(enum disk_death how)
{
    pthread_mutex_lock(&disk.lock);
    disk.death = how;
    disk.cut = disk.struck = true;
    pthread_mutex_unlock(&disk.lock);
}

bool disk_is_cut(void)
{
    pthread_mutex_lock(&disk.lock);
    bool cut = disk.cut;
    pthread_mutex_unlock(&disk.lock);
    return cut;
}

void disk_restart(void)
{
    for (size_t i = 0; i < FILES_MAX; i++) {
        struct file *file = &disk.files[i];
        if (!file->name[0])
            continue;
        CHECK(file->opened == 0);
        if (disk.death == DISK_POWER)
            lose_power(file);
        else
            sync_file(file);
        content_resize(&file->seen, 0);
        content_write(&file->seen, 0, file->safe.data, file->safe.size);
        forget_regions(file);
    }
    disk.cut = false;
    disk_mend();
}

void disk_full_at(int64_t nth, int64_t count)
{
    pthread_mutex_lock(&disk.lock);
    disk.full_in = nth;
    disk.full_for = count;
    pthread_mutex_unlock(&disk.lock);
}

void disk_sync_fails_at(int64_t nth)
{
    pthread_mutex_lock(&disk.lock);
    disk.sync_in = nth;
    pthread_mutex_unlock(&disk.lock);
}

void disk_mend(void)
{
    pthread_mutex_lock(&disk.lock);
    disk.cut_in = disk.full_in = disk.full_for = disk.sync_in = 0;
    disk.struck = false;
    pthread_mutex_unlock(&disk.lock);
}

bool disk_struck(void)
{
    pthread_mutex_lock(&disk.lock);
    bool struck = disk.struck;
    pthread_mutex_unlock(&disk.lock);
    return struck;
}
