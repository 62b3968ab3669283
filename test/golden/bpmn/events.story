model events.bpmn
clock 2026-02-11T09:00:00+08:00

# The first event wins; the others are closed.
start {"no": "N1", "kind": "card", "deadline": "2026-02-12T00:00:00+08:00"}
  + message-opened a-message name=paid-card key=N1
  + timer-set a-timer
  with due = date and time("2026-02-12T00:00:00@Asia/Shanghai")
  + signal-opened a-signal name=alarm
  at ag
message a-message {"sum": 5, "secret": true}
  + message-closed a-message
  + timer-cancelled a-timer
  + signal-closed a-signal
  + message-opened a-receive name=note key=N1
  at a-receive
  = variables.got = 5 and get value(variables, "secret") = null
message a-receive {"text": "hello"}
  + message-closed a-receive
  + instance-completed waiting
  = variables.text = "hello"
start {"no": 17, "kind": "card", "deadline": "2026-02-12"}
  + message-opened a-message key=17
  + timer-set a-timer
  + signal-opened a-signal
signal nothing
  refused signal-not-expected
signal alarm {"why": "fire"}
  + signal-closed a-signal
  + message-closed a-message
  + timer-cancelled a-timer
  + instance-completed waiting
  = variables.why = "fire" and passed[element = "a-alarmed"][1].count = 1
start {"no": 17, "kind": "card", "deadline": "2026-02-12"}
  + message-opened a-message
  + timer-set a-timer
  + signal-opened a-signal
timer a-timer
  + message-closed a-message
  + signal-closed a-signal
  + instance-completed waiting
# A correlation key that cannot be computed.
start {"kind": "card", "deadline": "2026-02-12"}
  + incident-raised ag type=message-error
set - {"no": "N2"}
resolve ag
  + incident-resolved ag
  + message-opened a-message key=N2
  + timer-set a-timer
  + signal-opened a-signal
# A date that is none; what was opened before it is closed again.
start {"kind": "card", "no": 1, "deadline": "tomorrow"}
  + message-opened a-message
  + message-closed a-message
  + incident-raised ag type=timer-error

process boundaries
clock 2026-02-11T09:00:00+08:00
start {"no": 1, "level": 3}
  + timer-set b-remind
  with due = date and time("2026-02-11T10:00:00@Asia/Shanghai")
  + message-opened b-note
  + signal-opened b-alarm
  + task-created b-work
timer b-remind
  + timer-set b-remind
  with due = date and time("2026-02-11T11:00:00@Asia/Shanghai")
  + job-created b-reminder type=remind
  at b-work b-reminder
timer b-remind
  + job-created b-reminder
  at b-work b-reminder b-reminder
job b-reminder
  at b-work b-reminder
# The second hour was the last.
timer b-remind
  refused timer-not-active
# A message may come many times while it does not interrupt.
message b-note {"n": 1}
message b-note {"n": 2}
  = passed[element = "b-noted"][1].count = 2 and variables.n = 2
set - {"other": 1}
  = count(passed[element = "b-high"]) = 0
set - {"level": 7}
  = passed[element = "b-high"][1].count = 1
set - {"level": 8}
  = passed[element = "b-high"][1].count = 2
escalation b-work LATE
  + escalated b-work name=LATE
  = passed[element = "b-late"][1].count = 1
  at b-work b-reminder
signal alarm
  + signal-closed b-alarm
  + task-cancelled b-work
  + message-closed b-note
  at b-reminder
job b-reminder
  + instance-completed boundaries
# A condition that holds already when the activity is entered.
start {"no": 1, "level": 9}
  + timer-set b-remind
  + message-opened b-note
  + signal-opened b-alarm
  + task-created b-work
  = passed[element = "b-high"][1].count = 1
task b-work
  + task-completed b-work
  + timer-cancelled b-remind
  + message-closed b-note
  + signal-closed b-alarm
  + instance-completed boundaries

process starts
start
  + job-created d-throw type=send-it
job d-throw
  + signal-thrown d-alarm name=alarm
  with variables = {loud: 1}
  + signal-thrown d-end name=alarm
  + instance-completed starts
start d-message {"body": {"x": 3}, "rest": 1}
  + job-created d-throw
  with variables = {x: 3}
start d-timer
  + job-created d-throw

# Durations of every kind. 14 February 2026 is a Saturday that is worked; 15 to 22 are days off.
process timers
clock 2026-02-11T09:00:00+08:00
start {"span": "PT30M"}
  + timer-set t-daily
  with due = date and time("2026-02-12T08:30:00@Asia/Shanghai")
  + timer-set t1
  with due = date and time("2026-02-11T09:30:00@Asia/Shanghai")
timer t1
  + timer-set t2
  with due = date and time("2026-02-25T00:00:00@Asia/Shanghai")
timer t-daily
  + timer-set t-daily
  with due = date and time("2026-02-13T08:30:00@Asia/Shanghai")
  at t2
timer t2
  + timer-cancelled t-daily
  + instance-completed timers
clock 2026-02-13T09:00:00+08:00
start {"span": "P1M"}
  + timer-set t-daily
  with due = date and time("2026-02-16T08:30:00@Asia/Shanghai")
  + timer-set t1
  with due = date and time("2026-03-13T09:00:00@Asia/Shanghai")
start {"span": "P1WD"}
  + timer-set t-daily
  + timer-set t1
  with due = date and time("2026-02-15T00:00:00@Asia/Shanghai")
start {"span": 5}
  + timer-set t-daily
  + incident-raised t1 type=timer-error

process errors
start
  + job-created e-work
  + job-created e-ask
  at outer e-work inner e-ask
job e-ask {"answer": "bad"}
  + job-cancelled e-work
  + job-created eh1 type=mend
  at outer e-handler eh1
job eh1
  + instance-completed errors
  = count(passed[element = "e4"]) = 1 and count(passed[element = "e5"]) = 0
start
  + job-created e-work
  + job-created e-ask
job e-ask {"answer": "late"}
  + escalated e-escalate name=LATE
  at outer e-work
  = count(passed[element = "e6"]) = 1
job e-work
  + instance-completed errors
start
  + job-created e-work
  + job-created e-ask
job e-ask {"answer": "stop"}
  at outer e-work
job e-work
  + instance-completed errors
start
  + job-created e-work
  + job-created e-ask
error e-work UNKNOWN
  + job-cancelled e-ask
  + job-cancelled e-work
  + instance-completed errors
  = count(passed[element = "e5"]) = 1
