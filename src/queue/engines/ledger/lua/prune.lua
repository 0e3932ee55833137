--- Deletes tasks that ended long ago.
--- Keys: done:, t:, logs:, all, counts
--- Arguments: state, before, limit
--- Answer: how many were deleted
--- @include count, many, answer
local state, before, limit = arg(), arg(), number()
local ids = call('ZRANGEBYSCORE', P .. 'done:' .. state, '-inf', '(' .. before, 'LIMIT', 0, limit)
for _, id in ipairs(ids) do
  local queue = call('HGET', key(id), 'queue')
  if queue then count(queue, state, -1) end
  call('DEL', key(id), P .. 'logs:' .. id)
  forget(id) --- @has forget
end
many('ZREM', P .. 'done:' .. state, ids)
many('ZREM', P .. 'all', ids)
return answer(#ids)
