--- current(id, token): the run that a worker holds, or nil when another has it.
--- @include look
local function current(id, token)
  local task = look(id)
  if task.state == 'running' and (task.token or '1') == token then return task end
end
