/* Counters and their Prometheus text. */
#include "db/internal.h"

#include <inttypes.h>

void db_histogram_add(struct db_counted_histogram *self, uint64_t value)
{
    size_t bucket = 0;
    while (bucket < DB_HISTOGRAM_BUCKETS - 1 && value > (uint64_t)1 << bucket)
        bucket++;
    atomic_fetch_add_explicit(&self->sum, value, memory_order_relaxed);
    atomic_fetch_add_explicit(&self->buckets[bucket], 1, memory_order_relaxed);
}

static void read_histogram(const struct db_counted_histogram *self, struct db_histogram *out)
{
    *out = (struct db_histogram){.sum = atomic_load(&self->sum)};
    for (size_t i = 0; i < DB_HISTOGRAM_BUCKETS; i++) {
        out->buckets[i] = atomic_load(&self->buckets[i]);
        out->count += out->buckets[i];
    }
}

void db_stats_get(struct db *self, struct db_stats *out)
{
    const struct db_counters *counters = &self->counters;
    *out = (struct db_stats){
        .queued = atomic_load(&counters->queued),
        .writes = atomic_load(&counters->writes),
        .failed = atomic_load(&counters->failed),
        .reads = atomic_load(&counters->reads),
        .retries = atomic_load(&counters->retries),
        .statements = atomic_load(&counters->statements),
    };
    read_histogram(&counters->batch, &out->batch);
    read_histogram(&counters->commit_us, &out->commit_us);
    read_histogram(&counters->write_us, &out->write_us);
}

static void put_number(struct buf *out, const char *name, const char *type, const char *help, uint64_t value)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s %" PRIu64 "\n", name, help, name, type, name, value);
}

static void put_histogram(struct buf *out, const char *name, const char *help, const struct db_histogram *histogram,
                          double unit)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s histogram\n", name, help, name);
    uint64_t below = 0;
    for (size_t i = 0; i < DB_HISTOGRAM_BUCKETS - 1; i++) {
        below += histogram->buckets[i];
        buf_printf(out, "%s_bucket{le=\"%g\"} %" PRIu64 "\n", name, (double)((uint64_t)1 << i) * unit, below);
    }
    buf_printf(out, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, histogram->count);
    buf_printf(out, "%s_sum %g\n%s_count %" PRIu64 "\n", name, (double)histogram->sum * unit, name, histogram->count);
}

void db_metrics_write(struct db *self, struct buf *out)
{
    struct db_stats stats;
    db_stats_get(self, &stats);
    put_number(out, "db_queue_length", "gauge", "Callers waiting for their write now.", (uint64_t)stats.queued);
    put_number(out, "db_writes_total", "counter", "Committed write functions.", stats.writes);
    put_number(out, "db_write_failures_total", "counter", "Write functions that failed or were refused.", stats.failed);
    put_number(out, "db_reads_total", "counter", "Read functions.", stats.reads);
    put_number(out, "db_retries_total", "counter", "Functions run again.", stats.retries);
    put_number(out, "db_statements_total", "counter", "Statements.", stats.statements);
    const double second = DB_TIME_UNIT_US / 1e6;
    put_histogram(out, "db_batch_functions", "Functions in one commit.", &stats.batch, 1);
    put_histogram(out, "db_commit_seconds", "Time of COMMIT.", &stats.commit_us, second);
    put_histogram(out, "db_write_seconds", "Time of a write as its caller sees it.", &stats.write_us, second);
}
