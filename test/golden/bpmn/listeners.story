model listeners.bpmn
clock 2026-07-06T09:00:00+08:00

# The creation waits, is corrected, and cannot be denied; then the assignee of the model is asked about.
start {"no": 1, "who": "li", "kind": "on-update"}
  + message-opened stopped
  + job-created review type=on-create retries=2 listener=creating
  = tokens[1].state = "listening" and tokens[1].listening.event = "creating" and tokens[1].listening.task.assignee = "li"
  = is defined(tokens[1].task) = false
answer review {"denied": true}
  refused listener-cannot-deny
job review {"x": 1}
  refused listener-variables
answer review {"corrections": {"colour": "red"}}
  refused task-field-unknown
answer review {"corrections": {"priority": 80}}
  + task-created review assignee= priority=80
  + task-updated review changing=assigning assignee=
  + job-created review type=on-assign retries=3 listener=assigning
  = tokens[1].task.priority = 80 and tokens[1].listening.changed = ["assignee"]
answer review {"corrections": {"assignee": "zhao"}}
  + task-updated review assignee=zhao priority=80 passed=assigning
  = tokens[1].state = "active" and tokens[1].task.assignee = "zhao"

# A denied change leaves the task as it was; another one is refused while the listener works.
update review {"assignee": "wang"}
  + task-updated review changing=assigning assignee=zhao
  + job-created review type=on-assign listener=assigning
  = tokens[1].listening.task.assignee = "wang" and tokens[1].task.assignee = "zhao"
answer review {"denied": true, "corrections": {"priority": 1}}
  refused listener-answer-invalid
answer review {"denied": true, "deniedReason": "away"}
  + task-denied review passed=assigning message=away assignee=zhao
  = tokens[1].state = "active"
update review {"priority": 10}
  + task-updated review changing=updating
  + job-created review type=on-update listener=updating
fail review 0 broken
  + job-updated review retries=0 listener=updating
  + incident-raised review type=job-no-retries
resolve review
  + incident-resolved review
  + job-updated review retries=1
error review nobody
  + incident-raised review type=unhandled-error
resolve review
  + incident-resolved review
  + job-updated review
job review
  + task-updated review priority=10 passed=updating

# The completion passes two listeners, which see what it brings; corrections of the first reach the second.
task review {"ok": true}
  + task-updated review changing=completing
  + job-created review type=on-complete listener=completing
  with variables.ok = true and variables.who = "li"
  = is defined(variables.ok) = false
answer review {"corrections": {"assignee": "sun"}}
  + job-created review type=on-complete-too listener=completing
  = tokens[1].listening.changed = ["assignee"] and tokens[1].listening.task.assignee = "sun"
answer review {"denied": true, "deniedReason": "incomplete"}
  + task-denied review passed=completing assignee=zhao
  = is defined(variables.ok) = false
task review {"ok": false}
  + task-updated review changing=completing
  + job-created review type=on-complete
job review
  + job-created review type=on-complete-too
answer review {"corrections": {"assignee": "sun"}}
  + task-updated review assignee=sun passed=completing
  + task-completed review passed=completing
  + message-closed stopped
  + instance-completed reviewed
  = variables.ok = false

# What interrupts the task takes the listener's job with it; a listener whose type cannot be computed is tried again.
start {"no": 2, "who": null, "kind": null}
  + message-opened stopped
  + job-created review type=on-create
job review
  + task-created review assignee=
update review {"priority": 90}
  + task-updated review changing=updating
  + incident-raised review type=expression-error
set - {"kind": "now-there"}
resolve review
  + incident-resolved review
  + job-created review type=now-there listener=updating
message stopped
  + message-closed stopped
  + job-cancelled review
  + task-cancelled review
  + instance-completed reviewed

# While it is being created there is no task to cancel.
start {"no": 3, "who": null, "kind": "k"}
  + message-opened stopped
  + job-created review
cancel
  + job-cancelled review
  + message-closed stopped
  + instance-terminated reviewed
