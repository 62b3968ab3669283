model loops.bpmn
clock 2026-07-06T09:00:00+08:00

# All at once; results keep the order of the items; each has its own scope.
start {"items": [{"id": "a"}, {"id": "b"}, {"id": "c"}], "enough": 99}
  + timer-set p-late
  + job-created each type=w1
  with variables.id = "a" and variables.loopCounter = 1 and variables.item.id = "a"
  + job-created each type=w2
  + job-created each type=w3
  at each each each each
job each#4 {"result": "C", "x": 1}
  at each each each
job each#2 {"result": "A"}
job each#2 {"result": "B"}
  + timer-cancelled p-late
  + instance-completed parallel
  = variables.results = ["A", "B", "C"] and variables.x = 1 and get value(variables, "result") = null and get value(variables, "item") = null
  = passed[element = "each"][1].count = 1

# Enough answers end the rest.
start {"items": [{"id": 1}, {"id": 2}, {"id": 3}], "enough": 2}
  + timer-set p-late
  + job-created each
  + job-created each
  + job-created each
job each#3 {"result": 5}
job each#2 {"result": 6}
  + job-cancelled each
  + timer-cancelled p-late
  + instance-completed parallel
  = variables.results[1] = 6 and variables.results[2] = 5 and variables.results[3] = null and count(variables.results) = 3

# A completion condition that cannot be decided, mended.
start {"items": [{"id": 1}]}
  + timer-set p-late
  + job-created each
job each#2 {"result": 5}
  + incident-raised each type=condition-error
set - {"enough": 1}
resolve each#2
  + incident-resolved each
  + timer-cancelled p-late
  + instance-completed parallel
  = variables.results = [5]

# No items, no list, one error for all, one deadline for all.
start {"items": [], "enough": 1}
  + timer-set p-late
  + timer-cancelled p-late
  + instance-completed parallel
  = variables.results = []
start {"items": 5, "enough": 1}
  + incident-raised each type=loop-error
set - {"items": []}
resolve each
  + incident-resolved each
  + timer-set p-late
  + timer-cancelled p-late
  + instance-completed parallel
start {"items": [{}, {}], "enough": 9}
  + timer-set p-late
  + job-created each
  + job-created each
error each#3 STOP
  + job-cancelled each
  + job-cancelled each
  + timer-cancelled p-late
  + instance-completed parallel
  = count(flows[flow = "pf3"]) = 1
start {"items": [{}, {}], "enough": 9}
  + timer-set p-late
  + job-created each
  + job-created each
timer p-late
  + job-cancelled each
  + job-cancelled each
  + instance-completed parallel
start {"items": [{}, {}], "enough": 9}
  + timer-set p-late
  + job-created each
  + job-created each
skip each#2
  + job-cancelled each
  at each each
skip each
  + job-cancelled each
  + timer-cancelled p-late
  + instance-completed parallel

# One after the other.
process sequential
start {"people": ["ann", "bob"]}
  + task-created ask assignee=ann
  at sub sub ask
task ask {"answer": "yes"}
  + task-completed ask
  + task-created ask assignee=bob
task ask {"answer": "no"}
  + task-completed ask
  + instance-completed sequential
  = variables.answers[1].who = "ann" and variables.answers[2].who = "bob"
start {"people": [null, "bob"]}
  + incident-raised ask type=no-assignee
skip ask
  + incident-resolved ask
  + task-created ask assignee=bob

# Thousands without waiting.
process scripts
start {"many": 3}
  + instance-completed scripts
  = variables.squares = [1, 4, 9] and variables.cubes = [1, 8, 27] and get value(variables, "r") = null
start {"many": 10000}
  + instance-completed scripts
  = count(variables.cubes) = 10000 and variables.squares[9999] = 99980001
start {"many": 60000}
  + incident-raised square type=loop-error

process adhoc
start {"wanted": ["h-a", "h-c"], "stop": false}
  + task-created h-a
  + task-created h-c
  at box box h-a box h-c
ad-hoc box h-b
  refused element-not-found
ad-hoc box h-c
  + task-created h-c
task h-a
  + task-completed h-a
  + task-created h-b
task h-b {"outcome": 1}
  + task-completed h-b
task h-c {"outcome": 2, "stop": true}
  + task-completed h-c
  + task-cancelled h-c
  + instance-completed adhoc
  = variables.done = [1, 2]
start {"wanted": ["h-x"], "stop": false}
  + incident-raised box type=ad-hoc-error
set - {"wanted": ["h-c"]}
resolve box
  + incident-resolved box
  + task-created h-c
task h-c
  + task-completed h-c
  + incident-raised box type=ad-hoc-error
ad-hoc box h-c
  + incident-resolved box
  + task-created h-c
task h-c {"stop": true}
  + task-completed h-c
  + instance-completed adhoc
