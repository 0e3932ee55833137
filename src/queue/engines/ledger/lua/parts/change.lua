--- change(id, queue, from, to, ...): another state of a task, and other fields that change with it. `from` is nil for a new one.
--- @include count, tell
local function change(id, queue, from, to, ...)
  if from then count(queue, from, -1) end
  count(queue, to, 1)
  call('HSET', key(id), 'state', to, ...)
  changed[#changed + 1] = id
end
