# People move tokens and whole instances.
model core.bpmn
clock 2026-07-06T09:00:00+08:00
start {"amount": 2000, "currency": "CNY", "reviewer": "ann"}
  + timer-set late
  + task-created review
move review pay {"amount": 7}
  + task-cancelled review
  + timer-cancelled late
  + job-created pay
  with variables.sum = 14
  at pay
move pay nowhere
  refused element-not-found
move pay late
  refused modification-invalid
move nothing pay
  refused element-not-active
move - review {"reviewer": "bob"}
  + timer-set late
  + task-created review assignee=bob
  at pay review
move pay -
  + job-cancelled pay
  at review

move review -
  + task-cancelled review
  + timer-cancelled late
  + instance-terminated core

# To a new version, where the task has another name.
start {"amount": 2000, "currency": "CNY", "reviewer": "ann"}
  + timer-set late
  + task-created review
migrate core-v2.bpmn
  refused migration-invalid
migrate core-v2.bpmn review>nothing
  refused migration-invalid
migrate core-v2.bpmn review>pay
  refused migration-invalid
migrate core-v2.bpmn review>review2
  + instance-migrated core
  + timer-set x0
  at review2
  = version = 5 and waits[1].element = "x0" and tokens[1].waits[1].element = "late"
  = count(passed[element = "choose"]) = 1
task review2
  + task-completed review2
  + timer-cancelled late
  + job-created pay
job pay {"receipt": {}}
  + timer-cancelled x0
  + instance-completed core

# Moving into a sub-process enters what is around it.
also events.bpmn
process errors
start
  + job-created e-work
  + job-created e-ask
move e-work e-ask
  + job-cancelled e-work
  + job-created e-ask
  at outer inner e-ask e-ask
move e-ask -
  + job-cancelled e-ask
  at outer inner e-ask
move inner e-work
  + job-cancelled e-ask
  + job-created e-work
  at outer e-work
move outer e5
  + job-cancelled e-work
  + instance-completed errors
start
  + job-created e-work
  + job-created e-ask
move inner -
  + job-cancelled e-ask
move e-work e-fine
  + job-cancelled e-work
  + instance-completed errors
