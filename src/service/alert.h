/* Electronic supervision that nobody has to begin: rules of packs (alerts/) are watched case by case when a case is
 * counted, and looked at when their time has come; institutions are looked at by their figures of the month.
 *
 *   counted case --since, where--> alert row (due) --time passes--> looked at again --where holds--> supervision list
 */
#pragma once

#include "service/work.h"
#include "store/past.h"

/* What the rules say about one case. */
struct alert_watch {
    VECTOR(struct store_alert) wanted, dropped;
};
/* names: indicator_case_names. */
void alert_watch_read(struct work *work, const struct work_case *of, struct value names, struct alert_watch *out);
MUST_USE enum status alert_watch_write(struct db_tx *tx, const struct alert_watch *self, struct error *err);

/* Looks at the cases whose time has come, at most batch. May run in several processes. */
MUST_USE enum status service_alerts_run(struct service *self, int64_t now_ms, size_t batch, size_t *done,
                                        struct error *err);
/* Looks at the institutions' figures of this month. */
MUST_USE enum status service_unit_alerts_run(struct service *self, int64_t now_ms, size_t batch, size_t *done,
                                             struct error *err);
