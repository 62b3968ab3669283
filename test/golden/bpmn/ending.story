model ending.bpmn
clock 2026-07-06T09:00:00+08:00

# The path behind the boundary event begins when the listeners of all tasks inside have answered.
start {"no": 1, "archive": "file"}
  + message-opened recalled
  + timer-set late
  + task-created first
  + task-created second
timer late
  + task-updated second changing=canceling
  + job-created second type=clean retries=3 listener=canceling
  + task-updated first changing=canceling
  + job-created first type=clean listener=canceling
  = tokens[1].state = "terminating" and tokens[2].state = "listening" and tokens[2].listening.event = "canceling"
task first
  refused task-busy
answer second {"denied": true}
  refused listener-cannot-deny
answer second {"corrections": {"priority": 1}}
  refused listener-cannot-correct
job second {"x": 1}
  refused listener-variables
move first after
  refused modification-invalid
migrate ending.bpmn
  refused migration-invalid
job second
  + task-cancelled second
job first
  + job-created first type=file listener=canceling
job first
  + task-cancelled first
  + task-created after
task after
  + task-completed after
  + message-closed recalled
  + instance-completed interrupted

# So does an event sub-process that interrupts; an answer that fails is mended, or passed over by a person.
start {"no": 2, "archive": "file"}
  + message-opened recalled
  + timer-set late
  + task-created first
  + task-created second
update second {"priority": 60}
  + task-updated second priority=60
task second {"done": true}
  + task-updated second changing=completing
  + job-created second type=check listener=completing
message recalled
  + message-closed recalled
  + job-cancelled second
  + task-updated second changing=canceling
  + job-created second type=clean
  + task-updated first changing=canceling
  + job-created first type=clean
  + timer-cancelled late
fail second 0 broken
  + job-updated second retries=0
  + incident-raised second type=job-no-retries
skip second
  + incident-resolved second
  + job-cancelled second
  + task-cancelled second
job first
  + job-created first type=file
set - {"archive": 7}
job first
  + task-cancelled first
  + task-created explain
task explain
  + task-completed explain
  + instance-completed interrupted

# A cancelled instance ends when they have answered; cancelled again, it asks nobody, and nothing else begins.
start {"no": 3, "archive": "file"}
  + message-opened recalled
  + timer-set late
  + task-created first
  + task-created second
timer late
  + task-updated second changing=canceling
  + job-created second
  + task-updated first changing=canceling
  + job-created first
cancel over
  + message-closed recalled
  = state = "active"
job second
  + task-cancelled second
cancel again
  + job-cancelled first
  + task-cancelled first
  + instance-terminated interrupted message=again
start {"no": 4, "archive": "file"}
  + message-opened recalled
  + timer-set late
  + task-created first
  + task-created second
cancel over
  + task-updated second changing=canceling
  + job-created second
  + task-updated first changing=canceling
  + job-created first
  + timer-cancelled late
  + message-closed recalled
job second
  + task-cancelled second
job first
  + job-created first type=file
job first
  + task-cancelled first
  + instance-terminated interrupted message=over

# A token that a person moves is where it is to be at once; what it left ends later.
start {"no": 5, "archive": "file"}
  + message-opened recalled
  + timer-set late
  + task-created first
  + task-created second
move first after
  + task-updated first changing=canceling
  + job-created first
  + task-created after
move second -
  + task-updated second changing=canceling
  + job-created second
job second
  + task-cancelled second
job first
  + job-created first type=file
job first
  + task-cancelled first
  + timer-cancelled late
task after
  + task-completed after
  + message-closed recalled
  + instance-completed interrupted

# A type that cannot be computed is tried again.
start {"no": 6, "archive": null}
  + message-opened recalled
  + timer-set late
  + task-created first
  + task-created second
move first after
  + task-updated first changing=canceling
  + job-created first
  + task-created after
job first
  + incident-raised first type=expression-error
set - {"archive": "there"}
resolve first
  + incident-resolved first
  + job-created first type=there listener=canceling
job first
  + task-cancelled first
cancel
  + task-cancelled after
  + task-updated second changing=canceling
  + job-created second
  + timer-cancelled late
  + message-closed recalled
job second
  + task-cancelled second
  + instance-terminated interrupted

# A terminate end event, a loop that has enough, a called process that is interrupted.
process terminated
start {}
  + task-created slow
  + task-created quick
task quick
  + task-completed quick
  + task-updated slow changing=canceling
  + job-created slow
job slow
  + task-cancelled slow
  + instance-completed terminated
process voted
start {}
  + task-created vote
  + task-created vote
  + task-created vote
task vote#2
  + task-completed vote
  + task-updated vote changing=canceling
  + job-created vote
  + task-updated vote changing=canceling
  + job-created vote
job vote#2
  + task-cancelled vote
job vote#2
  + task-cancelled vote
  + task-created then
task then
  + task-completed then
  + instance-completed voted
process calls
start {"no": 7}
  + message-opened off
  + task-created slow
  + task-created quick
message off
  + message-closed off
  + task-cancelled quick
  + task-updated slow changing=canceling
  + job-created slow
job slow
  + task-cancelled slow
  + instance-completed calls
