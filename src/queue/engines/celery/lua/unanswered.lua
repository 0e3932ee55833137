--- Ends that nobody has answered for; nobody else gets them for half a minute.
--- Keys: unanswered, t:
--- Arguments: limit
--- Answer: (id, state, error, message, whether the ledger had all of the task before its message came) for each
--- @include shared
local results = {}
for _, id in ipairs(call('ZRANGEBYSCORE', P .. 'unanswered', '-inf', shared(), 'LIMIT', 0, number())) do
  call('ZADD', P .. 'unanswered', shared() + 30000, id)
  local task = call('HMGET', key(id), 'state', 'error', 'sent', 'foreign', 'expected')
  results[#results + 1] = { id, task[1] or '', task[2] or '', task[3] or '', (task[4] or task[5]) and 0 or 1 }
end
return { results, {} }
