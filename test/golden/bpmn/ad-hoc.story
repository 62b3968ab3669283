model ad-hoc.bpmn
clock 2026-07-06T09:00:00+08:00

# A job decides what runs; when one path is done it is asked again.
start {"what": "?"}
  + job-created agent type=choose retries=2 listener=null model=m
  with count(variables.adHocSubProcessElements) = 3 and variables.adHocSubProcessElements[1].properties.cost = "high"
  with variables.adHocSubProcessElements.elementId = ["ask", "look", "note"]
answer agent {"activateElements": [{"elementId": "read"}]}
  refused element-not-found
answer agent {"activateElements": "ask"}
  refused ad-hoc-result-invalid
answer agent {"activateElements": [{"elementId": "ask", "variables": [1]}]}
  refused ad-hoc-result-invalid
answer agent {"activateElements": [{"elementId": "ask"}], "isCompletionConditionFulfilled": true}
  refused ad-hoc-result-invalid
answer agent {"activateElements": [{"elementId": "ask", "variables": {"what": "name"}}, {"elementId": "note", "variables": {"what": "n"}}]}
  + task-created ask
  + job-created agent type=choose retries=2
  = variables.noted = "n!" and variables.what = "?" and tokens[2].variables.what = "name"
task ask {"got": "Li"}
  + task-completed ask
  + job-cancelled agent
  + job-created agent
  = tokens[1].variables.results = [{element: "n", got: null}, {element: "name", got: "Li"}]
answer agent {}
  + incident-raised agent type=ad-hoc-error
resolve agent
  + incident-resolved agent
  + job-created agent
answer agent {"activateElements": [{"elementId": "look"}]}
  + job-created look
answer look {"activateElements": []}
  refused job-result-unexpected
job look
  + job-created read
job read
  + job-created agent
answer agent {"isCompletionConditionFulfilled": true}
  + instance-completed driven
  = count(variables.results) = 3

# It ends at once, or when what runs is done.
start {"what": "?"}
  + job-created agent
answer agent {"activateElements": [{"elementId": "ask"}, {"elementId": "look"}]}
  + task-created ask
  + job-created look
ad-hoc agent note
  + job-created agent
answer agent {"isCompletionConditionFulfilled": true}
task ask
  + task-completed ask
ad-hoc agent note
  refused element-not-active
job look
  + job-created read
job read
  + instance-completed driven
start {"what": "?"}
  + job-created agent
answer agent {"activateElements": [{"elementId": "ask"}, {"elementId": "note"}]}
  + task-created ask
  + job-created agent
answer agent {"isCompletionConditionFulfilled": true, "isCancelRemainingInstances": true}
  + task-cancelled ask
  + instance-completed driven

# The job fails and throws as any other.
start {"what": "?"}
  + job-created agent
answer agent {"activateElements": [{"elementId": "ask"}, {"elementId": "note"}]}
  + task-created ask
  + job-created agent
fail agent 0 broken
  + job-updated agent retries=0
  + incident-raised agent type=job-no-retries
task ask
  + task-completed ask
  + incident-resolved agent
  + job-cancelled agent
  + job-created agent retries=2
answer agent {"activateElements": [{"elementId": "ask"}, {"elementId": "note"}]}
  + task-created ask
  + job-created agent
error agent give-up
  + task-cancelled ask
  + job-cancelled agent
  + instance-completed driven

# What is given to an element is seen behind it too, by its own path alone; what is written there stays there.
start {"what": "?"}
  + job-created agent
answer agent {"activateElements": [{"elementId": "look", "variables": {"what": "left", "got": null}}, {"elementId": "look", "variables": {"what": "right", "got": null}}]}
  + job-created look
  with variables.what = "left"
  + job-created look
  with variables.what = "right"
  at agent agent look agent look
  = tokens[2].loopCounter = 1 and tokens[4].loopCounter = 2 and tokens[4].variables.what = "right"
job look
  + job-created read
  with variables.what = "left" and count(variables.adHocSubProcessElements) = 3
job read {"got": 1}
  + job-created agent
  with not("left" in variables.what) and variables.results = [{element: "left", got: 1}]
job look
  + job-created read
  with variables.what = "right"
job read {"got": 2, "found": true}
  + job-cancelled agent
  + job-created agent
  = tokens[1].variables.results = [{element: "left", got: 1}, {element: "right", got: 2}]
  = variables.what = "?" and get value(variables, "got") = null and variables.found
answer agent {"isCompletionConditionFulfilled": true}
  + instance-completed driven

# A person gives variables to one of them, and may end what runs.
start {"what": "?"}
  + job-created agent
ad-hoc agent ask look {"what": "mine"}
  + task-created ask
  with variables.what = "?"
  + job-created look
  with variables.what = "mine"
ad-hoc ask look
  refused element-not-ad-hoc
ad-hoc cancel agent read
  refused element-not-found
ad-hoc cancel agent look
  + job-cancelled look
  + task-cancelled ask
  + job-created look
  with variables.what = "?"
  at agent agent look
job look
  + job-created read
job read
  + job-cancelled agent
  + job-created agent
answer agent {"isCompletionConditionFulfilled": true}
  + instance-completed driven

# A path that forks is done when all of it is done.
process forking
start {}
  + job-created box2
answer box2 {"activateElements": [{"elementId": "split"}]}
  + task-created f-a
  + task-created f-b
task f-a
  + task-completed f-a
task f-b
  + task-completed f-b
  + job-created box2
answer box2 {"activateElements": [{"elementId": "split"}, {"elementId": "split"}]}
  + task-created f-a
  + task-created f-b
  + task-created f-a
  + task-created f-b
task f-a
  + task-completed f-a
skip box2
  + task-cancelled f-b
  + task-cancelled f-a
  + task-cancelled f-b
  + instance-completed forking

# Without anything to activate it stays, and a person may choose.
process empty
start {"wanted": []}
  = tokens[1].state = "active" and tokens[1].element = "box"
ad-hoc box one
  + task-created one
task one
  + task-completed one
  + instance-completed empty

# What remains is not cancelled when the model says so.
process patient
start {"enough": false}
  + task-created left
  + task-created right
task left {"enough": true}
  + task-completed left
task right
  + task-completed right
  + instance-completed patient
