model scopes.bpmn
clock 2026-07-06T09:00:00+08:00

# Inclusive: as many branches as conditions hold, and the join waits for just those.
start {"a": true, "b": true}
  + job-created i-a
  + job-created i-b
job i-a
  at i-b i-join
job i-b
  + job-created i-after
  at i-after
start {"a": true, "b": false}
  + job-created i-a
job i-a
  + job-created i-after
start {"a": false, "b": false}
  + job-created i-after
  = count(passed[element = "i-c"]) = 1
start {"a": true, "b": true}
  + job-created i-a
  + job-created i-b
job i-a
error i-b BAD
  + job-cancelled i-b
  + job-created i-after
job i-after
  + instance-completed inclusive
start {"a": true, "b": "yes"}
  + incident-raised i-split type=condition-error

# A join that can never be passed says so, and a person can wave it through.
process deadlock
start
  + incident-raised l-join type=join-blocked
  at l-join
skip l-join
  + incident-resolved l-join
  + instance-completed deadlock

# Compensation: newest first; inside a completed sub-process with its variables.
process undo
start {"only": false}
  + job-created book
job book
  + job-created return
  with variables.ticket = "T"
  + job-created unbook
  at u-all return unbook
job unbook
  at u-all return
job return
  + instance-completed undo
start {"only": true}
  + job-created book
job book
  + job-created unbook
  at u-only unbook
job unbook
  + job-created return
  at u-all return
cancel
  + job-cancelled return
  + instance-terminated undo

# Listeners before and after; a message ends the work from outside; a condition starts something beside it.
process guarded
start {"no": 5, "heat": 1}
  + message-opened gs0 name=stop key=5
  + job-created g-work type=before listener=start
  = tokens[1].state = "listening"
job g-work {"local": 1}
  + job-created g-work type=w
  with variables.local = 1
set - {"heat": 10}
  = passed[element = "g-hot"][1].count = 1
job g-work {"r": 2}
  + job-created g-work type=after listener=end retries=1
job g-work
  + message-closed gs0
  + instance-completed guarded
  = variables.r = 2 and get value(variables, "local") = null
start {"no": 5, "heat": 1}
  + message-opened gs0
  + job-created g-work
message gs0 {"why": "fire"}
  + message-closed gs0
  + job-cancelled g-work
  + job-created gs-work type=tidy
  at g-stop gs-work
job gs-work
  + instance-completed guarded
  = variables.why = "fire"
start {"heat": 1}
  + incident-raised guarded type=message-error
set - {"no": 1}
cancel
  + incident-resolved guarded
  + instance-terminated guarded
