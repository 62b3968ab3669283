model elements.bpmn
clock 2026-07-06T09:00:00+08:00

# Tasks that are passed at once; jobs of rule, script and message end events; listeners of the process itself.
start {"tries": 7}
  + job-created quiet type=open listener=start
job quiet {"opened": true}
  + job-created q-rule type=look retries=3 listener=start headers=2 who=listener table=rates
  = count(passed[element = "q-plain"]) = 1 and count(passed[element = "q-manual"]) = 1 and count(passed[element = "q-passed"]) = 1
job q-rule {"seen": 1}
  + job-created q-rule type=rules retries=7 listener=null who=element table=rates
  with variables.seen = 1
job q-rule {"rate": 4, "other": 5}
  + job-created q-rule type=note listener=end who=element
job q-rule {"noted": 2}
  + job-created q-script type=script
job q-script
  + job-created q-tell type=tell
job q-tell
  + job-created quiet type=shut listener=end
job quiet
  + instance-completed quiet
  = variables = {tries: 7, opened: true, rate: 4, noted: 2}
start {"tries": 0}
  + job-created quiet
job quiet
  + job-created q-rule
job q-rule
  + incident-raised q-rule type=expression-error

# What ends the activity that it is attached to, and what does not.
process edges
start
  + signal-opened b-heard name=alarm
  + timer-set b-due
  with due = date and time("2026-07-07T09:00:00@Asia/Shanghai")
  + task-created b-ask
signal alarm
  = passed[element = "b-heard-end"][1].count = 1
signal alarm
  = passed[element = "b-heard-end"][1].count = 2
  at b-work b-ask
set - {"heat": 10}
  at b-work b-ask
set - {"heat": 11}
  + task-cancelled b-ask
  + signal-closed b-heard
  + timer-cancelled b-due
  + instance-completed edges
  = passed[element = "b-hotted"][1].count = 1
start {"heat": 1}
  + signal-opened b-heard
  + timer-set b-due
  + task-created b-ask
task b-ask
  + task-completed b-ask
  + escalated b-up name=LATE
  + signal-closed b-heard
  + timer-cancelled b-due
  + instance-completed edges
  = count(passed[element = "b-lated"]) = 1 and count(passed[element = "b-end"]) = 0
start {"heat": 1}
  + signal-opened b-heard
  + timer-set b-due
  + task-created b-ask
timer b-due
  + task-cancelled b-ask
  + signal-closed b-heard
  + instance-completed edges

# What begins beside the process, and called processes, messages and decisions once for each item.
process beside
clock 2026-07-06T09:00:00+08:00
start {"ready": false, "no": "x", "secret": 1}
  + signal-opened c-alarm
  + message-opened c-stop name=stop key=x
  + timer-set c-at
  at c-until
message c-stop
  = passed[element = "c-kept"][1].count = 1
message c-stop
  = passed[element = "c-kept"][1].count = 2
timer c-at
  = passed[element = "c-timed"][1].count = 1
  at c-until
set - {"ready": true}
  + escalated c-up name=LATE
  + message-opened c-listen name=stop key=a
  + message-opened c-listen name=stop key=b
  = variables.squares = [9, 16] and variables.told = 2 and is defined(variables.inner) = false and is defined(variables.square) = false
  = passed[element = "c-noted"][1].count = 1
message c-listen {"r": 1}
  + message-closed c-listen
message c-listen
  + message-closed c-listen
  + decision-wanted c-decide decision=rates
  with variables.n = 9
  = variables.r = 1
decide c-decide#2 1
  + decision-wanted c-decide decision=rates
  with variables.n = 16
decide c-decide#2 2
  + signal-closed c-alarm
  + message-closed c-stop
  + instance-completed beside
  = variables.rates = [1, 2] and is defined(variables.rate) = false
clock 2026-07-06T09:00:00+08:00
start {"ready": false, "no": "y"}
  + signal-opened c-alarm
  + message-opened c-stop
  + timer-set c-at
signal alarm {"loud": true}
  + signal-closed c-alarm
  + message-closed c-stop
  + timer-cancelled c-at
  + instance-completed beside
  = variables.loud = true and count(passed[element = "c-out"]) = 1

# Inputs see what was mapped before them and may be null; results go up to the first scope that has the name, else to the process;
# with outputs only what is mapped leaves.
process scopes
start {"first": 3, "groups": ["g1", "g2"], "total": null}
  + job-created v-job
  with variables.a = {b: 3, c: 4} and variables.gone = null and variables.text = "plain"
job v-job {"gone": 5, "fresh": 6, "first": 1}
  + task-created v-ask form=form-1
  with groups = ["g1", "g2"] and users = ["ann", "bob"] and due = date and time("2026-07-10T16:00:00@Asia/Shanghai") and followUp = date and time("2026-07-07T09:00:00@Asia/Shanghai")
  = variables = {first: 1, groups: ["g1", "g2"], total: null, fresh: 6}
task v-ask
  + task-completed v-ask
  + instance-completed scopes
  = variables.total = 7 and is defined(variables.sum) = false and variables.edition = "second"
