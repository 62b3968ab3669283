/* sim PACK [--seed N] [--histories N] [--from N] [--jobs N]: plays histories and prints what went wrong, each with the
 * way to play it again, then 'N passed, N failed'. With --seed one history is played and told command by command. */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* Plays every jobs-th history. Returns how many failed. */
static int64_t work(const struct wanted *wanted, int64_t first)
{
    const struct pack_set *packs;
    int64_t failed = 0;
    if (!server_prepare(wanted->pack, &packs))
        return wanted->histories;
    for (int64_t i = first; i < wanted->histories; i += wanted->jobs)
        failed += !play(packs, wanted->from + i, false);
    server_unprepare();
    return failed;
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

/* A process for each share; a share that dies failed at least once. */
static int play_all(const struct wanted *wanted)
{
    int64_t failed = 0;
    int *pipes = calloc((size_t)wanted->jobs, sizeof *pipes);
    pid_t *children = calloc((size_t)wanted->jobs, sizeof *children);
    fflush(stdout);
    for (int64_t job = 0; job < wanted->jobs; job++) {
        int ends[2];
        if (pipe(ends) != 0 || (children[job] = fork()) < 0) {
            perror("sim");
            return 1;
        }
        if (children[job] == 0) {
            int64_t bad = work(wanted, job);
            _exit(write(ends[1], &bad, sizeof bad) == sizeof bad ? 0 : 1);
        }
        close(ends[1]);
        pipes[job] = ends[0];
    }
    for (int64_t job = 0; job < wanted->jobs; job++) {
        int64_t bad = 0;
        int status = 0;
        bool told = read(pipes[job], &bad, sizeof bad) == sizeof bad;
        waitpid(children[job], &status, 0);
        if (!told)
            printf("FAILED: the process of the histories %" PRId64 ", %" PRId64 ", … died (status %d)\n",
                   wanted->from + job, wanted->from + job + wanted->jobs, status);
        failed += told ? bad : 1;
        close(pipes[job]);
    }
    free(pipes);
    free(children);
    printf("seeds %" PRId64 " to %" PRId64 ", %" PRId64 " histories\n", wanted->from,
           wanted->from + wanted->histories - 1, wanted->histories);
    printf("%" PRId64 " passed, %" PRId64 " failed\n", wanted->histories - failed, failed);
    return failed > 0;
}

int main(int argc, char **argv)
{
    struct wanted wanted;
    if (!read_options(argc, argv, &wanted))
        return usage();
    log_set_level(LOG_ERROR);
    return wanted.seed >= 0 ? play_one(&wanted) : play_all(&wanted);
}
