/* sim PACK [--seed N] [--histories N] [--from N] [--jobs N]: plays histories and prints what went wrong, each with the
 * way to play it again, then 'N passed, N failed'. With --seed one history is played and told command by command. */
#include "sim.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct wanted {
    const char *pack;
    int64_t seed, histories, from, jobs;
};

static int usage(void)
{
    fprintf(stderr, "usage: sim PACK [--seed N] [--histories N] [--from N] [--jobs N]\n");
    return 2;
}

static bool read_options(int argc, char **argv, struct wanted *out)
{
    *out = (struct wanted){.seed = -1, .histories = 10000, .from = 1, .jobs = sysconf(_SC_NPROCESSORS_ONLN)};
    for (int i = 1; i < argc; i++) {
        int64_t *into = strcmp(argv[i], "--seed") == 0        ? &out->seed
                        : strcmp(argv[i], "--histories") == 0 ? &out->histories
                        : strcmp(argv[i], "--from") == 0      ? &out->from
                        : strcmp(argv[i], "--jobs") == 0      ? &out->jobs
                                                              : NULL;
        if (!into && !out->pack && argv[i][0] != '-')
            out->pack = argv[i];
        else if (!into || i + 1 == argc || !str_to_int64(str_of(argv[++i]), into))
            return false;
    }
    return out->pack && out->histories > 0 && out->jobs > 0;
}

static bool play(const struct pack_set *packs, int64_t seed, bool trace)
{
    struct arena arena;
    struct str report;
    arena_init(&arena);
    bool good = sim_run(packs, (uint64_t)seed, trace, &report, &arena);
    if (!good)
        printf("FAILED seed %" PRId64 ": %.*s\n    again: test/sim/run --seed %" PRId64 "\n", seed, STR_ARGS(report),
               seed);
    fflush(stdout);
    arena_release(&arena);
    return good;
}

/* What one process has done of the histories; shared with its parent. */
struct share {
    int64_t played, failed;
    int64_t seed; /* being played */
};

/* Plays every jobs-th history. */
static void work(const struct wanted *wanted, int64_t first, struct share *share)
{
    const struct pack_set *packs;
    if (!server_prepare(wanted->pack, &packs))
        return;
    for (int64_t i = first; i < wanted->histories; i += wanted->jobs) {
        share->seed = wanted->from + i;
        share->failed += !play(packs, share->seed, false);
        share->played++;
    }
    server_unprepare();
}

static int play_one(const struct wanted *wanted)
{
    const struct pack_set *packs;
    if (!server_prepare(wanted->pack, &packs))
        return 1;
    bool good = play(packs, wanted->seed, true);
    server_unprepare();
    printf("%d passed, %d failed\n", good, !good);
    return !good;
}

static bool start(const struct wanted *wanted, struct share *shares)
{
    for (int64_t job = 0; job < wanted->jobs; job++) {
        pid_t child = fork();
        if (child < 0)
            return false;
        if (child == 0) {
            work(wanted, job, &shares[job]);
            _exit(0);
        }
    }
    return true;
}

/* A process for each share of the histories. Those that a process did not come to, because it died, have failed. */
static int play_all(const struct wanted *wanted)
{
    size_t size = (size_t)wanted->jobs * sizeof(struct share);
    struct share *shares = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int64_t passed = 0;
    if (shares == MAP_FAILED || !start(wanted, shares)) {
        perror("sim");
        return 1;
    }
    while (wait(NULL) > 0) {
    }
    for (int64_t job = 0; job < wanted->jobs; job++) {
        int64_t all = (wanted->histories - job + wanted->jobs - 1) / wanted->jobs;
        passed += shares[job].played - shares[job].failed;
        if (shares[job].played < all)
            printf("FAILED seed %" PRId64 ": the simulation itself died\n    again: test/sim/run --seed %" PRId64 "\n",
                   shares[job].seed, shares[job].seed);
    }
    printf("seeds %" PRId64 " to %" PRId64 ", %" PRId64 " histories\n", wanted->from,
           wanted->from + wanted->histories - 1, wanted->histories);
    printf("%" PRId64 " passed, %" PRId64 " failed\n", passed, wanted->histories - passed);
    return passed < wanted->histories;
}

int main(int argc, char **argv)
{
    struct wanted wanted;
    if (!read_options(argc, argv, &wanted))
        return usage();
    log_set_level(LOG_ERROR);
    return wanted.seed >= 0 ? play_one(&wanted) : play_all(&wanted);
}
