--- push_postponed(id, queue, message): a task that waited here goes to the broker.
--- @include push
local function push_postponed(id, queue, message)
  call('HDEL', key(id), 'message')
  push(id, queue, message)
end
