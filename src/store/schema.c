#include "store/schema.h"

/* Unique indexes begin with the region; look-ups by person ask every shard at once through indexes that do not.
 *
 * WITHOUT ROWID keeps a row in its key's tree, which pays for small rows; rows with long bodies are better off in a
 * table of their own with the key beside it. */

/* Small tables that every shard may hold a copy of. */
#define SMALL_TABLES                                                                                                   \
    "CREATE TABLE setting (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"                        \
    "CREATE TABLE counter (name TEXT NOT NULL PRIMARY KEY, next BIGINT NOT NULL, touched BIGINT NOT NULL) WITHOUT "    \
    "ROWID;"                                                                                                           \
    "CREATE TABLE rate (name BLOB NOT NULL PRIMARY KEY, since BIGINT NOT NULL, n BIGINT NOT NULL) WITHOUT ROWID;"      \
    "CREATE TABLE pack_file (hash TEXT NOT NULL PRIMARY KEY, content BLOB NOT NULL);"                                  \
    "CREATE TABLE pack_set (id INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, stored BIGINT NOT NULL);"               \
    "CREATE TABLE pack_set_file (pack_set BIGINT NOT NULL, pack TEXT NOT NULL, path TEXT NOT NULL, hash TEXT NOT "     \
    "NULL,"                                                                                                            \
    " PRIMARY KEY (pack_set, pack, path)) WITHOUT ROWID;"                                                              \
    "CREATE TABLE item (id INTEGER PRIMARY KEY, code TEXT NOT NULL, version BIGINT NOT NULL, UNIQUE (code, version));" \
    "CREATE TABLE staff (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, title TEXT NOT NULL, role TEXT NOT NULL,"  \
    " region TEXT NOT NULL, unit TEXT NOT NULL, unit_name TEXT NOT NULL, uscc TEXT NOT NULL, password TEXT,"           \
    " failures BIGINT NOT NULL, locked BIGINT NOT NULL, disabled BIGINT NOT NULL);"                                    \
    "CREATE TABLE session (hash BLOB NOT NULL PRIMARY KEY, staff TEXT, csrf TEXT NOT NULL, created BIGINT NOT NULL,"   \
    " seen BIGINT NOT NULL, body BLOB NOT NULL) WITHOUT ROWID;"                                                        \
    "CREATE INDEX session_seen ON session (seen);"                                                                     \
    "CREATE TABLE token (hash BLOB NOT NULL PRIMARY KEY, staff TEXT NOT NULL, created BIGINT NOT NULL,"                \
    " expires BIGINT NOT NULL) WITHOUT ROWID;"                                                                         \
    "CREATE TABLE anchor (at BIGINT NOT NULL PRIMARY KEY, jws TEXT NOT NULL) WITHOUT ROWID;"

#define CASE_TABLES                                                                                                    \
    "CREATE TABLE cases (region BIGINT NOT NULL, id BIGINT NOT NULL, item BIGINT NOT NULL, packs BIGINT NOT NULL,"     \
    " division BIGINT NOT NULL, unit TEXT, state BIGINT NOT NULL, outcome BIGINT NOT NULL, party BLOB, applicant BLOB,"\
    " unique_key BLOB, opened BIGINT NOT NULL, deadline BIGINT NOT NULL, closed BIGINT NOT NULL,"                      \
    " version BIGINT NOT NULL, events BIGINT NOT NULL, head BLOB NOT NULL, body BLOB NOT NULL, instance BLOB NOT NULL,"\
    " PRIMARY KEY (region, id));"                                                                                      \
    "CREATE UNIQUE INDEX cases_unique ON cases (region, unique_key) WHERE unique_key IS NOT NULL;"                     \
    "CREATE INDEX cases_live ON cases (unique_key) WHERE unique_key IS NOT NULL;"                                      \
    "CREATE INDEX cases_party ON cases (region, party, id) WHERE party IS NOT NULL;"                                   \
    "CREATE INDEX cases_applicant ON cases (region, applicant, id);"                                                   \
    "CREATE INDEX cases_item ON cases (region, item, id);"                                                             \
    "CREATE INDEX cases_unit ON cases (region, unit, id) WHERE unit IS NOT NULL;"                                      \
    "CREATE INDEX cases_open ON cases (region, id) WHERE closed = 0;"                                                  \
    "CREATE TABLE event (region BIGINT NOT NULL, case_id BIGINT NOT NULL, seq BIGINT NOT NULL, at BIGINT NOT NULL,"    \
    " hash BLOB NOT NULL, body BLOB NOT NULL, PRIMARY KEY (region, case_id, seq));"                                    \
    "CREATE TABLE tally (region BIGINT NOT NULL, slot BIGINT NOT NULL, n BIGINT NOT NULL, sum BIGINT NOT NULL,"        \
    " PRIMARY KEY (region, slot)) WITHOUT ROWID;"                                                                      \
    "CREATE TABLE idempotency (region BIGINT NOT NULL, name BLOB NOT NULL, request BLOB NOT NULL, at BIGINT NOT NULL," \
    " answer BLOB NOT NULL, PRIMARY KEY (region, name)) WITHOUT ROWID;"                                                \
    "CREATE TABLE draft (region BIGINT NOT NULL, owner BLOB NOT NULL, id BIGINT NOT NULL, item TEXT NOT NULL,"         \
    " saved BIGINT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (region, owner, id));"

#define WAIT_TABLES                                                                                                    \
    "CREATE TABLE task (region BIGINT NOT NULL, id BIGINT NOT NULL, case_id BIGINT NOT NULL, item BIGINT NOT NULL,"    \
    " division BIGINT NOT NULL, unit TEXT, element TEXT NOT NULL, name TEXT NOT NULL, form TEXT NOT NULL,"             \
    " roles TEXT NOT NULL, assignee TEXT, created BIGINT NOT NULL, due BIGINT NOT NULL, priority BIGINT NOT NULL,"     \
    " PRIMARY KEY (region, id)) WITHOUT ROWID;"                                                                        \
    "CREATE INDEX task_case ON task (region, case_id);"                                                                \
    "CREATE INDEX task_assignee ON task (region, assignee) WHERE assignee IS NOT NULL;"                                \
    "CREATE TABLE task_role (region BIGINT NOT NULL, role TEXT NOT NULL, due BIGINT NOT NULL, id BIGINT NOT NULL,"     \
    " PRIMARY KEY (region, role, due, id)) WITHOUT ROWID;"                                                             \
    "CREATE TABLE task_done (region BIGINT NOT NULL, id BIGINT NOT NULL, at BIGINT NOT NULL,"                          \
    " PRIMARY KEY (region, id)) WITHOUT ROWID;"                                                                        \
    "CREATE TABLE timer (region BIGINT NOT NULL, id BIGINT NOT NULL, case_id BIGINT NOT NULL, due BIGINT NOT NULL,"    \
    " PRIMARY KEY (region, id)) WITHOUT ROWID;"                                                                        \
    "CREATE INDEX timer_due ON timer (region, due);"                                                                   \
    "CREATE TABLE job (region BIGINT NOT NULL, id BIGINT NOT NULL, case_id BIGINT NOT NULL, type TEXT NOT NULL,"       \
    " due BIGINT NOT NULL, retries BIGINT NOT NULL, worker TEXT, PRIMARY KEY (region, id)) WITHOUT ROWID;"             \
    "CREATE INDEX job_type ON job (region, type, due) WHERE retries > 0;"                                              \
    "CREATE TABLE subscription (region BIGINT NOT NULL, id BIGINT NOT NULL, case_id BIGINT NOT NULL,"                  \
    " name BLOB NOT NULL, process TEXT NOT NULL, PRIMARY KEY (region, id)) WITHOUT ROWID;"                             \
    "CREATE INDEX subscription_name ON subscription (name);"                                                           \
    "CREATE TABLE message (region BIGINT NOT NULL, id BIGINT NOT NULL, name BLOB NOT NULL, message_id BLOB,"           \
    " expires BIGINT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (region, id)) WITHOUT ROWID;"                           \
    "CREATE INDEX message_name ON message (name, id);"                                                                 \
    "CREATE UNIQUE INDEX message_once ON message (region, message_id) WHERE message_id IS NOT NULL;"                   \
    "CREATE INDEX message_expires ON message (expires);"

#define RESULT_TABLES                                                                                                  \
    "CREATE TABLE party (region BIGINT NOT NULL, id BLOB NOT NULL, kind BIGINT NOT NULL, version BIGINT NOT NULL,"     \
    " division BIGINT NOT NULL, name BLOB, body BLOB NOT NULL, PRIMARY KEY (region, id)) WITHOUT ROWID;"               \
    "CREATE INDEX party_id ON party (id);"                                                                             \
    "CREATE TABLE document (region BIGINT NOT NULL, subject BLOB NOT NULL, id BIGINT NOT NULL, kind TEXT NOT NULL,"    \
    " case_region BIGINT NOT NULL, case_id BIGINT NOT NULL, state BIGINT NOT NULL, written BIGINT NOT NULL,"           \
    " version BIGINT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (region, id));"                                         \
    "CREATE INDEX document_subject ON document (subject, id);"                                                         \
    "CREATE TABLE certificate (region BIGINT NOT NULL, id BIGINT NOT NULL, kind TEXT NOT NULL,"                        \
    " case_region BIGINT NOT NULL, case_id BIGINT NOT NULL, holder BLOB NOT NULL, identifier BLOB NOT NULL,"           \
    " state BIGINT NOT NULL, issued BIGINT NOT NULL, valid_to BIGINT NOT NULL, version BIGINT NOT NULL,"               \
    " body BLOB NOT NULL, PRIMARY KEY (region, id));"                                                                  \
    "CREATE UNIQUE INDEX certificate_identifier ON certificate (region, identifier);"                                  \
    "CREATE INDEX certificate_holder ON certificate (holder, id);"                                                     \
    "CREATE TABLE certificate_use (region BIGINT NOT NULL, id BIGINT NOT NULL, at BIGINT NOT NULL, seq BIGINT NOT "    \
    "NULL,"                                                                                                            \
    " what TEXT NOT NULL, PRIMARY KEY (region, id, at, seq)) WITHOUT ROWID;"                                           \
    "CREATE TABLE account (region BIGINT NOT NULL, id BLOB NOT NULL, balance BIGINT NOT NULL, entries BIGINT NOT "     \
    "NULL,"                                                                                                            \
    " floor BIGINT, name BLOB NOT NULL, PRIMARY KEY (region, id)) WITHOUT ROWID;"                                      \
    "CREATE TABLE entry (region BIGINT NOT NULL, account BLOB NOT NULL, seq BIGINT NOT NULL, posting BIGINT NOT NULL," \
    " at BIGINT NOT NULL, amount BIGINT NOT NULL, balance BIGINT NOT NULL, case_id BIGINT NOT NULL, memo BLOB NOT "    \
    "NULL,"                                                                                                            \
    " PRIMARY KEY (region, account, seq)) WITHOUT ROWID;"                                                              \
    "CREATE TABLE notice (region BIGINT NOT NULL, party BLOB NOT NULL, id BIGINT NOT NULL, sent BIGINT NOT NULL,"      \
    " read BIGINT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (region, party, id)) WITHOUT ROWID;"                       \
    "CREATE TABLE \"blob\" (region BIGINT NOT NULL, id BLOB NOT NULL, owner BLOB NOT NULL, stored BIGINT NOT NULL,"    \
    " size BIGINT NOT NULL, body BLOB NOT NULL, content BLOB, PRIMARY KEY (region, id));"

#define EXCHANGE_TABLES                                                                                                \
    "CREATE TABLE outbox (region BIGINT NOT NULL, due BIGINT NOT NULL, id BIGINT NOT NULL, case_id BIGINT NOT NULL,"   \
    " job BIGINT NOT NULL, attempts BIGINT NOT NULL, exchange TEXT NOT NULL, packs BIGINT NOT NULL,"                   \
    " body BLOB NOT NULL, PRIMARY KEY (region, due, id)) WITHOUT ROWID;"                                               \
    "CREATE TABLE exchange_log (region BIGINT NOT NULL, at BIGINT NOT NULL, id BIGINT NOT NULL, case_id BIGINT NOT "   \
    "NULL,"                                                                                                            \
    " exchange TEXT NOT NULL, attempt BIGINT NOT NULL, status BIGINT NOT NULL, took_ms BIGINT NOT NULL, problem TEXT," \
    " PRIMARY KEY (region, at, id)) WITHOUT ROWID;"                                                                    \
    "CREATE TABLE access_log (region BIGINT NOT NULL, at BIGINT NOT NULL, id BIGINT NOT NULL, who BLOB NOT NULL,"      \
    " what TEXT NOT NULL, subject BLOB, case_id BIGINT NOT NULL, body BLOB NOT NULL,"                                  \
    " PRIMARY KEY (region, at, id)) WITHOUT ROWID;"                                                                    \
    "CREATE INDEX access_subject ON access_log (region, subject, at) WHERE subject IS NOT NULL;"

#define PROCESS_TABLES                                                                                                 \
    "CREATE TABLE definition (id BIGINT NOT NULL PRIMARY KEY, kind BIGINT NOT NULL, version BIGINT NOT NULL,"          \
    " deployment BIGINT NOT NULL, model BIGINT NOT NULL, deployed BIGINT NOT NULL, deleted BIGINT NOT NULL,"           \
    " name TEXT NOT NULL, title TEXT NOT NULL, tag TEXT NOT NULL, resource TEXT NOT NULL, hash TEXT NOT NULL,"         \
    " UNIQUE (kind, name, version)) WITHOUT ROWID;"                                                                    \
    "CREATE TABLE start_event (definition BIGINT NOT NULL, element TEXT NOT NULL, event BIGINT NOT NULL,"              \
    " due BIGINT NOT NULL, last BIGINT NOT NULL, fired BIGINT NOT NULL, region BIGINT NOT NULL,"                       \
    " division BIGINT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (definition, element)) WITHOUT ROWID;"                 \
    "CREATE INDEX start_event_name ON start_event (event, name);"                                                      \
    "CREATE INDEX start_event_due ON start_event (due) WHERE due > 0;"                                                 \
    "CREATE TABLE process_instance (region BIGINT NOT NULL, id BIGINT NOT NULL, case_id BIGINT NOT NULL,"              \
    " definition BIGINT NOT NULL, division BIGINT NOT NULL, version BIGINT NOT NULL, state BIGINT NOT NULL,"           \
    " started BIGINT NOT NULL, ended BIGINT NOT NULL, incidents BIGINT NOT NULL, process TEXT NOT NULL, unit TEXT,"    \
    " business TEXT, tags TEXT, PRIMARY KEY (region, id)) WITHOUT ROWID;"                                              \
    "CREATE UNIQUE INDEX process_instance_case ON process_instance (region, case_id);"                                 \
    "CREATE INDEX process_instance_process ON process_instance (region, process, id);"                                 \
    "CREATE INDEX process_instance_active ON process_instance (region, id) WHERE state = 1;"                           \
    "CREATE TABLE user_task (region BIGINT NOT NULL, id BIGINT NOT NULL, case_id BIGINT NOT NULL,"                     \
    " instance BIGINT NOT NULL, definition BIGINT NOT NULL, version BIGINT NOT NULL, division BIGINT NOT NULL,"        \
    " element_key BIGINT NOT NULL, state BIGINT NOT NULL, created BIGINT NOT NULL, ended BIGINT NOT NULL,"             \
    " due BIGINT NOT NULL, follow_up BIGINT NOT NULL, priority BIGINT NOT NULL, process TEXT NOT NULL, unit TEXT,"     \
    " element TEXT NOT NULL, title TEXT NOT NULL, assignee TEXT, candidates TEXT NOT NULL, form TEXT NOT NULL,"        \
    " form_binding TEXT NOT NULL, form_tag TEXT NOT NULL, PRIMARY KEY (region, id)) WITHOUT ROWID;"                    \
    "CREATE INDEX user_task_instance ON user_task (region, instance, id);"                                             \
    "CREATE INDEX user_task_active ON user_task (region, id) WHERE state = 1;"                                         \
    "CREATE INDEX user_task_assignee ON user_task (region, assignee, id) WHERE assignee IS NOT NULL;"                  \
    "CREATE TABLE incident (region BIGINT NOT NULL, id BIGINT NOT NULL, case_id BIGINT NOT NULL,"                      \
    " division BIGINT NOT NULL, instance BIGINT NOT NULL, definition BIGINT NOT NULL, version BIGINT NOT NULL,"        \
    " element_key BIGINT NOT NULL, job BIGINT NOT NULL, created BIGINT NOT NULL, resolved BIGINT NOT NULL,"            \
    " process TEXT NOT NULL, unit TEXT, element TEXT NOT NULL, kind TEXT NOT NULL, body BLOB NOT NULL,"                \
    " PRIMARY KEY (region, id)) WITHOUT ROWID;"                                                                        \
    "CREATE INDEX incident_instance ON incident (region, instance, id);"                                               \
    "CREATE INDEX incident_open ON incident (region, id) WHERE resolved = 0;"                                          \
    "CREATE TABLE element (region BIGINT NOT NULL, id BIGINT NOT NULL, case_id BIGINT NOT NULL,"                       \
    " PRIMARY KEY (region, id)) WITHOUT ROWID;"

#define MODEL_TABLES                                                                                                   \
    "CREATE TABLE model (pack TEXT NOT NULL, path TEXT NOT NULL, number BIGINT NOT NULL, state BIGINT NOT NULL,"       \
    " version BIGINT NOT NULL, created BIGINT NOT NULL, changed BIGINT NOT NULL, decided BIGINT NOT NULL,"             \
    " in_force BIGINT NOT NULL, rollback BIGINT NOT NULL, base TEXT NOT NULL, hash TEXT NOT NULL,"                     \
    " tested TEXT NOT NULL, author TEXT NOT NULL, proposer TEXT NOT NULL, approver TEXT NOT NULL,"                     \
    " reason TEXT NOT NULL, content BLOB NOT NULL, tests BLOB, PRIMARY KEY (pack, path, number));"                     \
    "CREATE TABLE model_event (pack TEXT NOT NULL, path TEXT NOT NULL, seq BIGINT NOT NULL, number BIGINT NOT NULL,"   \
    " at BIGINT NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL, body TEXT NOT NULL, hash BLOB NOT NULL,"              \
    " PRIMARY KEY (pack, path, seq));"

/* cases_process and cases_running hold all that counting by version and sampling look at. */
#define OPERATE_TABLES                                                                                                 \
    "CREATE INDEX cases_process ON cases (region, item, packs, id, division);"                                         \
    "CREATE INDEX cases_running ON cases (region, item, packs, id, division, closed) WHERE closed = 0;"                \
    "CREATE INDEX job_spent ON job (region, id) WHERE retries <= 0;"                                                   \
    "CREATE TABLE process_change (region BIGINT NOT NULL, id BIGINT NOT NULL, division_from BIGINT NOT NULL,"          \
    " division_to BIGINT NOT NULL, unit TEXT, state BIGINT NOT NULL, kind BIGINT NOT NULL, process TEXT NOT NULL,"     \
    " proposer TEXT NOT NULL, proposed BIGINT NOT NULL, decider TEXT, decided BIGINT NOT NULL, total BIGINT NOT NULL," \
    " done BIGINT NOT NULL, failed BIGINT NOT NULL, skipped BIGINT NOT NULL, at_region BIGINT NOT NULL,"               \
    " at_id BIGINT NOT NULL, version BIGINT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (region, id));"                  \
    "CREATE INDEX process_change_running ON process_change (id) WHERE state = 2;"

#define APPLY_TABLES                                                                                                   \
    "CREATE TABLE staff_totp (name TEXT NOT NULL PRIMARY KEY, secret BLOB NOT NULL, confirmed BIGINT NOT NULL,"        \
    " used BIGINT NOT NULL) WITHOUT ROWID;"                                                                            \
    "CREATE TABLE mandate (region BIGINT NOT NULL, id BIGINT NOT NULL, principal BLOB NOT NULL, agent BLOB NOT NULL,"  \
    " granted BIGINT NOT NULL, until BIGINT NOT NULL, ended BIGINT NOT NULL, body BLOB NOT NULL,"                      \
    " PRIMARY KEY (region, id)) WITHOUT ROWID;"                                                                        \
    "CREATE INDEX mandate_principal ON mandate (principal, id);"                                                       \
    "CREATE INDEX mandate_agent ON mandate (agent, id);"                                                               \
    "CREATE TABLE preference (owner BLOB NOT NULL PRIMARY KEY, version BIGINT NOT NULL, body BLOB NOT NULL)"           \
    " WITHOUT ROWID;"                                                                                                  \
    "CREATE TABLE delivery (region BIGINT NOT NULL, due BIGINT NOT NULL, id BIGINT NOT NULL, channel BIGINT NOT NULL," \
    " attempts BIGINT NOT NULL, party BLOB NOT NULL, PRIMARY KEY (region, due, id, channel)) WITHOUT ROWID;"

#define TICKET_TABLES                                                                                                  \
    "ALTER TABLE certificate_use ADD COLUMN body BLOB;"                                                                \
    "CREATE INDEX certificate_due ON certificate (region, valid_to, id) WHERE state < 2 AND valid_to > 0;"             \
    "CREATE TABLE ticket (region BIGINT NOT NULL, hash BLOB NOT NULL, kind BIGINT NOT NULL,"                           \
    " certificate BIGINT NOT NULL, made BIGINT NOT NULL, expires BIGINT NOT NULL, used BIGINT NOT NULL,"               \
    " tries BIGINT NOT NULL, body BLOB, PRIMARY KEY (region, hash)) WITHOUT ROWID;"                                    \
    "CREATE INDEX ticket_expires ON ticket (expires);"                                                                 \
    "CREATE TABLE certificate_status (region BIGINT NOT NULL, list BIGINT NOT NULL, place BIGINT NOT NULL,"            \
    " id BIGINT NOT NULL, PRIMARY KEY (region, list, place)) WITHOUT ROWID;"                                           \
    "CREATE UNIQUE INDEX certificate_status_of ON certificate_status (region, id);"

/* indicator_due is the queue of cases to be counted again; case_fact what a case adds; indicator_count the sums. */
#define INDICATOR_TABLES                                                                                               \
    "CREATE TABLE indicator_due (region BIGINT NOT NULL, id BIGINT NOT NULL, version BIGINT NOT NULL,"                 \
    " at BIGINT NOT NULL, PRIMARY KEY (region, id)) WITHOUT ROWID;"                                                    \
    "CREATE TABLE indicator_slot (id TEXT NOT NULL PRIMARY KEY, slot BIGINT NOT NULL UNIQUE, hash TEXT NOT NULL)"      \
    " WITHOUT ROWID;"                                                                                                  \
    "CREATE TABLE case_fact (region BIGINT NOT NULL, id BIGINT NOT NULL, item BIGINT NOT NULL,"                        \
    " division BIGINT NOT NULL, unit TEXT NOT NULL, opened BIGINT NOT NULL, closed BIGINT NOT NULL,"                   \
    " rated BIGINT NOT NULL, deadline BIGINT NOT NULL, numerators BIGINT NOT NULL, denominators BIGINT NOT NULL,"      \
    " marks TEXT NOT NULL, PRIMARY KEY (region, id));"                                                                 \
    "CREATE INDEX case_fact_deadline ON case_fact (region, deadline, division, unit, item)"                            \
    " WHERE closed = 0 AND deadline > 0;"                                                                              \
    "CREATE TABLE indicator_count (region BIGINT NOT NULL, item BIGINT NOT NULL, period BIGINT NOT NULL,"              \
    " unit TEXT NOT NULL, division BIGINT NOT NULL, slot BIGINT NOT NULL, numerator BIGINT NOT NULL,"                  \
    " denominator BIGINT NOT NULL, PRIMARY KEY (region, item, period, unit, division, slot)) WITHOUT ROWID;"           \
    "CREATE TABLE supervision (region BIGINT NOT NULL, id BIGINT NOT NULL, case_id BIGINT NOT NULL,"                   \
    " division BIGINT NOT NULL, unit TEXT, state BIGINT NOT NULL, owner TEXT NOT NULL, due BIGINT NOT NULL,"           \
    " opened BIGINT NOT NULL, closed BIGINT NOT NULL, version BIGINT NOT NULL, body BLOB NOT NULL,"                    \
    " PRIMARY KEY (region, id));"                                                                                      \
    "CREATE UNIQUE INDEX supervision_case ON supervision (region, case_id) WHERE closed = 0;"                          \
    "CREATE TABLE bulletin (region BIGINT NOT NULL, id BIGINT NOT NULL, division_from BIGINT NOT NULL,"                \
    " division_to BIGINT NOT NULL, state BIGINT NOT NULL, made BIGINT NOT NULL, version BIGINT NOT NULL,"              \
    " author TEXT NOT NULL, title TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (region, id));"

#define BENCHMARK_TABLES                                                                                               \
    "CREATE TABLE benchmark (item TEXT NOT NULL, province TEXT NOT NULL, title TEXT NOT NULL, materials BIGINT NOT "   \
    "NULL,"                                                                                                            \
    " promised BIGINT NOT NULL, steps BIGINT NOT NULL, visits BIGINT NOT NULL, fee BIGINT NOT NULL,"                   \
    " as_of TEXT NOT NULL, source TEXT NOT NULL, imported BIGINT NOT NULL, PRIMARY KEY (item, province))"              \
    " WITHOUT ROWID;"                                                                                                  \
    "CREATE TABLE benchmark_plan (item TEXT NOT NULL PRIMARY KEY, measure TEXT NOT NULL, owner TEXT NOT NULL,"         \
    " due TEXT NOT NULL, author TEXT NOT NULL, changed BIGINT NOT NULL) WITHOUT ROWID;"

/* staff in case_fact is what its staff add, as marks are what it adds. Every case is counted again, for the new tables.
 */
#define PAST_TABLES                                                                                                    \
    "CREATE TABLE case_past (region BIGINT NOT NULL, item BIGINT NOT NULL, closed BIGINT NOT NULL, id BIGINT NOT "     \
    "NULL,"                                                                                                            \
    " division BIGINT NOT NULL, unit TEXT NOT NULL, accepted BIGINT NOT NULL, ended BIGINT NOT NULL,"                  \
    " deadline BIGINT NOT NULL, extension BIGINT NOT NULL, materials BIGINT NOT NULL, pauses TEXT NOT NULL,"           \
    " PRIMARY KEY (region, item, closed, id)) WITHOUT ROWID;"                                                          \
    "ALTER TABLE case_fact ADD COLUMN staff TEXT;"                                                                     \
    "CREATE TABLE staff_count (region BIGINT NOT NULL, unit TEXT NOT NULL, staff TEXT NOT NULL, period BIGINT NOT "    \
    "NULL,"                                                                                                            \
    " division BIGINT NOT NULL, slot BIGINT NOT NULL, numerator BIGINT NOT NULL, denominator BIGINT NOT NULL,"         \
    " PRIMARY KEY (region, unit, staff, period, division, slot)) WITHOUT ROWID;"                                       \
    "CREATE TABLE alert (region BIGINT NOT NULL, rule TEXT NOT NULL, subject TEXT NOT NULL, case_id BIGINT NOT NULL,"  \
    " since BIGINT NOT NULL, due BIGINT NOT NULL, PRIMARY KEY (region, rule, subject)) WITHOUT ROWID;"                 \
    "CREATE INDEX alert_due ON alert (due) WHERE due > 0;"                                                             \
    "UPDATE indicator_slot SET hash = '';"

/* What a version of a file does besides its content, and which version of its item it is. */
#define ITEM_RELEASE_TABLES                                                                                            \
    "ALTER TABLE model ADD COLUMN step TEXT NOT NULL DEFAULT '';"                                                      \
    "ALTER TABLE model ADD COLUMN item_version BIGINT NOT NULL DEFAULT 0;"

#define DESK_TABLES                                                                                                    \
    "CREATE TABLE delegation (id BIGINT NOT NULL PRIMARY KEY, giver TEXT NOT NULL, taker TEXT NOT NULL,"               \
    " unit TEXT NOT NULL, division BIGINT NOT NULL, starts BIGINT NOT NULL, ends BIGINT NOT NULL,"                     \
    " made BIGINT NOT NULL, ended BIGINT NOT NULL, ended_by TEXT NOT NULL, reason TEXT NOT NULL) WITHOUT ROWID;"       \
    "CREATE INDEX delegation_giver ON delegation (giver, id);"                                                         \
    "CREATE INDEX delegation_taker ON delegation (taker, ends);"                                                       \
    "CREATE TABLE handover (region BIGINT NOT NULL, id BIGINT NOT NULL, case_id BIGINT NOT NULL,"                      \
    " division BIGINT NOT NULL, unit TEXT, way BIGINT NOT NULL, state BIGINT NOT NULL, due BIGINT NOT NULL,"           \
    " opened BIGINT NOT NULL, closed BIGINT NOT NULL, version BIGINT NOT NULL, body BLOB NOT NULL,"                    \
    " PRIMARY KEY (region, id));"                                                                                      \
    "CREATE UNIQUE INDEX handover_case ON handover (region, case_id) WHERE closed = 0;"

#define BULK_TABLES                                                                                                    \
    "CREATE TABLE bulk_run (region BIGINT NOT NULL, id BIGINT NOT NULL, division_from BIGINT NOT NULL,"                \
    " division_to BIGINT NOT NULL, unit TEXT, state BIGINT NOT NULL, item TEXT NOT NULL, owner TEXT NOT NULL,"         \
    " file TEXT NOT NULL, created BIGINT NOT NULL, ended BIGINT NOT NULL, total BIGINT NOT NULL,"                      \
    " line BIGINT NOT NULL, granted BIGINT NOT NULL, waiting BIGINT NOT NULL, refused BIGINT NOT NULL,"                \
    " invalid BIGINT NOT NULL, repeated BIGINT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (region, id));"               \
    "CREATE INDEX bulk_run_running ON bulk_run (id) WHERE state = 1;"                                                  \
    "CREATE TABLE bulk_row (region BIGINT NOT NULL, run BIGINT NOT NULL, line BIGINT NOT NULL,"                        \
    " result BIGINT NOT NULL, subject BLOB, case_region BIGINT NOT NULL, case_id BIGINT NOT NULL, at BIGINT NOT NULL," \
    " body BLOB, PRIMARY KEY (region, run, line)) WITHOUT ROWID;"                                                      \
    "CREATE INDEX bulk_row_subject ON bulk_row (subject, at) WHERE subject IS NOT NULL;"                               \
    "CREATE INDEX bulk_row_result ON bulk_row (region, run, result, line) WHERE result > 1;"

/* Looks at personal data by who looked, from where and at which case; parties by their names; exchanges by how they
 * went. */
#define AUDIT_TABLES                                                                                                   \
    "ALTER TABLE access_log ADD COLUMN unit TEXT;"                                                                     \
    "ALTER TABLE access_log ADD COLUMN division BIGINT NOT NULL DEFAULT 0;"                                            \
    "CREATE INDEX access_who ON access_log (region, who, at, id);"                                                     \
    "CREATE INDEX access_unit ON access_log (region, unit, at, id) WHERE unit IS NOT NULL;"                            \
    "CREATE INDEX access_case ON access_log (region, case_id, at, id) WHERE case_id > 0;"                              \
    "CREATE INDEX party_name ON party (name) WHERE name IS NOT NULL;"                                                  \
    "CREATE INDEX supervision_of ON supervision (region, case_id);"                                                    \
    "CREATE INDEX exchange_good ON exchange_log (exchange, at) WHERE problem IS NULL;"                                 \
    "CREATE INDEX exchange_bad ON exchange_log (exchange, at) WHERE problem IS NOT NULL;"                              \
    "CREATE INDEX session_staff ON session (staff) WHERE staff IS NOT NULL;"                                           \
    "CREATE INDEX token_staff ON token (staff);"                                                                       \
    "CREATE TABLE staff_code (name TEXT NOT NULL PRIMARY KEY, hash BLOB NOT NULL, expires BIGINT NOT NULL,"            \
    " tries BIGINT NOT NULL) WITHOUT ROWID;"

#define UPLOAD_TABLES                                                                                                  \
    "CREATE TABLE upload (id BIGINT NOT NULL PRIMARY KEY, owner BLOB NOT NULL, size BIGINT NOT NULL,"                  \
    " place BIGINT NOT NULL, changed BIGINT NOT NULL, body BLOB NOT NULL);"                                            \
    "CREATE INDEX upload_owner ON upload (owner, changed);"                                                            \
    "CREATE INDEX upload_changed ON upload (changed);"                                                                 \
    "CREATE TABLE upload_part (id BIGINT NOT NULL, place BIGINT NOT NULL, length BIGINT NOT NULL,"                     \
    " content BLOB NOT NULL, PRIMARY KEY (id, place));"

/* Lists of exchanges go by key: their due dates move. */
#define OUTBOX_KEY "CREATE UNIQUE INDEX outbox_key ON outbox (region, id);"

/* Persons and organisations see their own sessions. */
#define SESSION_OWNER                                                                                                  \
    "ALTER TABLE session ADD COLUMN owner BLOB;"                                                                       \
    "CREATE INDEX session_owner ON session (owner) WHERE owner IS NOT NULL;"

/* Cases that somebody keeps an eye on; supervision of a party, without a case. */
#define WATCH_TABLE                                                                                                    \
    "CREATE TABLE case_watch (staff TEXT NOT NULL, region BIGINT NOT NULL, case_id BIGINT NOT NULL,"                   \
    " since BIGINT NOT NULL, PRIMARY KEY (staff, region, case_id)) WITHOUT ROWID;"                                   \
    "ALTER TABLE supervision ADD COLUMN subject BLOB;"                                                                 \
    "CREATE INDEX supervision_subject ON supervision (subject) WHERE subject IS NOT NULL;"

/* Lists of cases and tasks go through one lane of an index for each state, county or unit; what is over is found by its
 * age. Each index costs every case that changes its state, so a county's item is picked out of its lane, and a party's
 * few cases are looked through. (The parentheses around an expression are PostgreSQL's. SQLite prefers a key of a table
 * WITHOUT ROWID to an index unless the index holds all that is asked for.) */
#define LIST_INDEXES                                                                                                   \
    "DROP INDEX cases_party;"                                                                                          \
    "DROP INDEX cases_applicant;"                                                                                      \
    "DROP INDEX cases_item;"                                                                                           \
    "DROP INDEX cases_unit;"                                                                                           \
    "DROP INDEX cases_open;"                                                                                           \
    "CREATE INDEX cases_party ON cases (region, party, id) WHERE party IS NOT NULL;"                                   \
    "CREATE INDEX cases_applicant ON cases (region, applicant, state, id);"                                            \
    "CREATE INDEX cases_item ON cases (region, item, state, id);"                                                      \
    "CREATE INDEX cases_unit ON cases (region, unit, state, id) WHERE unit IS NOT NULL;"                               \
    "CREATE INDEX cases_state ON cases (region, state, id);"                                                           \
    "CREATE INDEX cases_county ON cases (region, (division / 1000000), state, id, division, item);"                    \
    "ALTER TABLE task_role ADD COLUMN division BIGINT NOT NULL DEFAULT 0;"                                             \
    "ALTER TABLE task_role ADD COLUMN unit TEXT;"                                                                      \
    "ALTER TABLE task_role ADD COLUMN item BIGINT NOT NULL DEFAULT 0;"                                                 \
    "UPDATE task_role SET division = t.division, unit = t.unit, item = t.item FROM task t"                             \
    " WHERE t.region = task_role.region AND t.id = task_role.id;"                                                      \
    "CREATE INDEX task_role_county ON task_role (region, role, (division / 1000000), due, id, division, unit, item);"  \
    "CREATE INDEX task_role_unit ON task_role (region, role, unit, due, id, division, item) WHERE unit IS NOT NULL;"   \
    "CREATE INDEX case_fact_closed ON case_fact (region, id, closed) WHERE closed > 0;"                                \
    "CREATE INDEX case_fact_rated ON case_fact (region, id, rated) WHERE rated > 0;"                                   \
    "CREATE INDEX indicator_due_at ON indicator_due (at);"                                                             \
    "CREATE INDEX idempotency_at ON idempotency (at);"                                                                 \
    "CREATE INDEX draft_saved ON draft (saved);"                                                                       \
    "CREATE INDEX task_done_at ON task_done (at);"

/* A list of certificates' states is made anew when its version has changed. */
#define STATUS_LIST                                                                                                    \
    "CREATE TABLE status_list (region BIGINT NOT NULL, list BIGINT NOT NULL, version BIGINT NOT NULL,"                 \
    " PRIMARY KEY (region, list)) WITHOUT ROWID;"                                                                      \
    "INSERT INTO status_list (region, list, version) SELECT region, list, 1 FROM certificate_status GROUP BY region, " \
    "list;"

/* Every case is counted again, for the new sums; stays is what it adds to them. */
#define HEAT_TABLES                                                                                                    \
    "ALTER TABLE case_fact ADD COLUMN stays TEXT;"                                                                     \
    "CREATE TABLE heat_count (region BIGINT NOT NULL, area BIGINT NOT NULL, item BIGINT NOT NULL,"                     \
    " packs BIGINT NOT NULL, period BIGINT NOT NULL, element BIGINT NOT NULL, bucket BIGINT NOT NULL,"                 \
    " n BIGINT NOT NULL, PRIMARY KEY (region, area, item, packs, period, element, bucket)) WITHOUT ROWID;"             \
    "CREATE INDEX heat_count_cases ON heat_count (region, area, item, packs, element, n) WHERE period = 0;"            \
    "CREATE INDEX outbox_aside ON outbox (region, exchange, id) WHERE due = 9223372036854775807;"                      \
    "CREATE INDEX outbox_tried ON outbox (region, id, attempts) WHERE attempts > 0;"                                   \
    "UPDATE indicator_slot SET hash = '';"

static const struct db_migration migrations[] = {
    {1, "settings, packs, staff", SMALL_TABLES, NULL, NULL},
    {2, "cases", CASE_TABLES, NULL, NULL},
    {3, "what cases wait for", WAIT_TABLES, NULL, NULL},
    {4, "what cases leave", RESULT_TABLES, NULL, NULL},
    {5, "exchanges and logs", EXCHANGE_TABLES, NULL, NULL},
    {6, "deployments, and processes without an item", PROCESS_TABLES, NULL, NULL},
    {7, "models on their way into force", MODEL_TABLES, NULL, NULL},
    {8, "operations: cases by version, changes by two persons", OPERATE_TABLES, NULL, NULL},
    {9, "second factors, mandates, messages on their way", APPLY_TABLES, NULL, NULL},
    {10, "uses with their reasons, tickets, places in status lists", TICKET_TABLES, NULL, NULL},
    {11, "indicators counted, supervision, bulletins", INDICATOR_TABLES, NULL, NULL},
    {12, "other provinces' items, and plans", BENCHMARK_TABLES, NULL, NULL},
    {13, "the past as the legal clock saw it, what staff did, alerts", PAST_TABLES, NULL, NULL},
    {14, "versions of items, suspensions", ITEM_RELEASE_TABLES, NULL, NULL},
    {15, "standing in, handing over", DESK_TABLES, NULL, NULL},
    {16, "applying for many at once", BULK_TABLES, NULL, NULL},
    {17, "the access log searched, one-time codes of staff", AUDIT_TABLES, NULL, NULL},
    {18, "files on their way", UPLOAD_TABLES, NULL, NULL},
    {19, "exchanges by key", OUTBOX_KEY, NULL, NULL},
    {20, "sessions by whom they belong to", SESSION_OWNER, NULL, NULL},
    {21, "watched cases, supervised parties", WATCH_TABLE, NULL, NULL},
    {22, "lists by state, county and unit", LIST_INDEXES, NULL, NULL},
    {23, "status lists by version", STATUS_LIST, NULL, NULL},
    {24, "where cases of items wait, exchanges without an address", HEAT_TABLES, NULL, NULL},
    {25, "tasks of a case", "DROP INDEX task_case; CREATE INDEX task_case ON task (case_id);", NULL, NULL},
};

enum status store_migrate(struct db *db, struct error *err)
{
    return db_migrate(db, migrations, COUNT_OF(migrations), err);
}
