--- start_one(id, queue, worker, name, message): starts a task that was delivered → what the answer has of it, and its token where it runs.
--- @include begin
local function start_one(id, queue, worker, name, message)
  local verdict, task, token = begin(id, queue, nil, worker, message, name)
  return { verdict, task }, token
end
