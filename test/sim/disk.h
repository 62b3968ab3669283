/* A disk in memory for SQLite, as unreliable as the simulation wants it. Registered as SQLite's default VFS, so the
 * server under test opens its database there without knowing.
 *
 * Each file has what programs see and what would survive a power cut: writes since the last sync may be lost, one by
 * one or in part. A cut makes every later operation fail, as a killed program makes none; disk_restart then gives the
 * disk back with what survived. Files are shared by all threads; everything else belongs to the simulation's thread. */
#pragma once

#include "base/base.h"

/* Once per process. */
void disk_register(void);
/* Forgets every file, fault and pending cut. seed decides which writes survive. */
void disk_reset(uint64_t seed);
/* A synced file with this content. */
void disk_put(const char *name, struct str content);
/* What programs see of a file, borrowed; absent when it is not there. */
struct str disk_get(const char *name);

/* How a server dies: the machine loses power, or only the program is killed and the kernel keeps what was written. */
enum disk_death { DISK_POWER, DISK_KILL };
/* The nth changing operation (write, sync, truncate, delete) from now and all after it do not happen. 1: the next; 0:
 * none. */
void disk_cut_at(int64_t nth, enum disk_death how);
/* At once. */
void disk_cut(enum disk_death how);
bool disk_is_cut(void);
/* After the doomed server has been closed: what survived, and a disk that works again. */
void disk_restart(void);

/* The nth growing write from now is refused for want of room, and the next `count` - 1 too. */
void disk_full_at(int64_t nth, int64_t count);
/* The nth sync from now fails once. */
void disk_sync_fails_at(int64_t nth);
/* No more faults. */
void disk_mend(void);
/* True when a fault set since disk_mend has struck. */
bool disk_struck(void);
