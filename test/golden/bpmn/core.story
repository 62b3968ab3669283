model core.bpmn
clock 2026-07-06T09:00:00+08:00

# Below the threshold: straight to the job; inputs are local, only mapped outputs come back.
start {"amount": 20.50, "currency": "CNY"}
  + job-created pay type=pay-CNY retries=5 headers=1 bank=icbc
  with variables.sum = 41 and variables.order.total = 42 and variables.amount = 20.5
  at pay
  = state = "active" and tokens[1].state = "active"
  = count(passed[element = "choose"]) = 1 and count(flows[flow = "f-big"]) = 0
job pay {"receipt": {"no": "R1"}, "noise": 1}
  + instance-completed core
  at
  = state = "completed" and variables = {amount: 20.5, currency: "CNY", paid: {number: "R1"}, charged: 41}
  = endedAt = date and time("2026-07-06T09:00:00@Asia/Shanghai")
job pay
  refused instance-ended

# Above it: a person, with a deadline.
start {"amount": 2000, "currency": "CNY", "reviewer": "ann"}
  + timer-set late
  with due = date and time("2026-07-06T11:00:00@Asia/Shanghai")
  + task-created review name=Review assignee=ann priority=90 form=review-form
  with groups = ["finance", "audit"] and due = date and time("2026-07-07T09:00:00@Asia/Shanghai") and variables.amount = 2000
  at review
update review {"assignee": "bob", "priority": 10, "candidateUsers": ["carl"]}
  + task-updated review assignee=bob priority=10
  with users = ["carl"] and groups = ["finance", "audit"]
update review {"assignee": 5}
  refused task-field-invalid
update review {"colour": "red"}
  refused task-field-unknown
job review
  refused job-not-active
task review {"amount": 1}
  + task-completed review
  + timer-cancelled late
  + job-created pay
  = variables.amount = 1
task review
  refused task-not-active

# The deadline passes first.
start {"amount": 200, "currency": "CNY", "reviewer": "ann"}
  + timer-set late
  + task-created review
timer late
  + task-cancelled review
  + instance-completed core
  = count(passed[element = "review"][cancelled = 1]) = 1 and count(passed[element = "refused"]) = 1
timer late
  refused instance-ended

# The worker throws an error that is caught; its variables arrive.
start {"amount": 20, "currency": "CNY"}
  + job-created pay
error pay NO_MONEY {"missing": 5}
  + job-cancelled pay
  + instance-completed core
  = variables.missing = 5 and count(flows[flow = "f-broke"]) = 1

# An error that nothing catches is an incident; the job can be tried again.
start {"amount": 20, "currency": "CNY"}
  + job-created pay
error pay OTHER
  + incident-raised pay type=unhandled-error
  at pay
  = count(incidents) = 1 and incidents[1].type = "unhandled-error"
resolve pay
  + incident-resolved pay
  + job-updated pay type=pay-CNY retries=5
job pay {"receipt": {"no": 7}}
  + instance-completed core
  = variables.paid.number = 7

# Retries are counted down by the worker; at none it waits for a person.
start {"amount": 20, "currency": "CNY"}
  + job-created pay
fail pay 2 the bank is closed
  + job-updated pay retries=2
  with message = ""
fail pay 0 the bank is gone
  + job-updated pay retries=0
  + incident-raised pay type=job-no-retries
  with contains(message, "the bank is gone")
fail pay -1 x
  refused retries-invalid
resolve pay 3
  + incident-resolved pay
  + job-updated pay retries=3
retries pay 9
  + job-updated pay retries=9
  = tokens[1].retries = 9

# A condition that cannot be decided, mended by setting the variable.
start {"currency": "CNY"}
  + incident-raised choose type=condition-error
  at choose
resolve choose
  + incident-resolved choose
  + incident-raised choose type=condition-error
set - {"amount": 3}
  at choose
resolve choose
  + incident-resolved choose
  + job-created pay
  at pay

# The same, skipped by a person along a chosen flow.
start {"currency": "CNY"}
  + incident-raised choose
skip choose
  refused skip-flow-missing
skip choose flow=f2
  refused element-not-found
skip choose flow=f-small {"amount": 9}
  + incident-resolved choose
  + job-created pay
  with variables.sum = 18

# Nobody can do the task when the assignee is missing and there are no candidates; here there are.
start {"amount": 200, "currency": "CNY"}
  + timer-set late
  + task-created review assignee=

start nowhere {}
  refused start-not-found
start {"amount": 20, "currency": "CNY"}
  + job-created pay
resolve choose
  refused incident-not-found
message late
  refused message-not-expected
signal anything
  refused signal-not-expected
set nothing {"a": 1}
  refused element-not-active
cancel it was a mistake
  + job-cancelled pay
  + instance-terminated core
  with message = "it was a mistake"
  = state = "terminated"

# Both branches, then the script.
process split
start
  + job-created left type=left
  + decision-wanted right decision=rates
  at left right
decide right 1.5
  at left join
  = tokens[element = "join"][1].state = "joining"
decide right 1.5
  refused decision-not-wanted
job left {"x": 1}
  + instance-completed split
  = variables = {rate: 1.5, x: 1, price: 15}
start
  + job-created left
  + decision-wanted right
fail right 0 no such decision
  + incident-raised right type=decision-error
resolve right
  + incident-resolved right
  + decision-wanted right
decide right "many"
job left
  + instance-completed split
  = variables.price = null

# Called processes run inside the caller; nothing but the mapped output comes back.
process caller
start {"target": "callee", "a": 1}
  + job-created work type=work
  with variables = {target: "callee", a: 1}
  at call callee work
job work {"answer": 42, "a": 2}
  + instance-completed caller
  = variables = {target: "callee", a: 1, result: 42}
start {"target": "callee"}
  + job-created work
error work BANG
  + job-cancelled work
  + instance-completed caller
  = count(passed[element = "cf"]) = 1
start {"target": "nobody"}
  + incident-raised call type=called-process
set - {"target": "callee"}
resolve call
  + incident-resolved call
  + job-created work
# A process that calls itself for ever.
start {"target": "caller"}
  + incident-raised call type=called-process
  with contains(message, "50 deep")
cancel
  + incident-resolved call
  + instance-terminated caller

# A circle that ends, and one that does not.
process circle
start {"n": 0, "most": 500}
  + instance-completed circle
  = variables.n = 500 and passed[element = "turn"][1].count = 500
limit 2000
start {"n": 0, "most": 1000000}
  + incident-raised count type=step-limit
  at count
set - {"most": 5}
resolve count
  + incident-resolved count
  + instance-completed circle
  at
