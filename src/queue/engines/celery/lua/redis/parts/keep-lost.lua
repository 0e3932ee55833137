--- keep_lost(id, task): the message of a run whose worker was lost, and which is over with that; its delivery is off the broker.
--- @include layout, ack, unpack-raw, unanswered
local function keep_lost(id, task)
  if not task.tag then return end
  local packed = call('HGET', G .. 'unacked', task.tag)
  if packed then unanswered(id, call('HGET', key(id), 'list') .. '\n' .. unpack_raw(packed)) end
  ack(task.tag)
end
