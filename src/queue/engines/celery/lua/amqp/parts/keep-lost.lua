--- keep_lost(id, task): the message of a run whose worker was lost, and which is over with that.
--- @include unanswered
local function keep_lost(id, task) unanswered(id, task.message) end
