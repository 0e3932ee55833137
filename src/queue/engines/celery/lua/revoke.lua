--- Cancels tasks that wait, and remembers their ids. One whose message is not here may have been started by another kind of worker, which has the
--- last word.
--- Keys: revoked, t:, counts, done:, uq:, expiring, due, dep:
--- Arguments: n, n × id
--- Answer: 1
--- @include shared, over, failure, settle, announce, answer
for _ = 1, number() do
  local id = arg()
  local task = call('HMGET', key(id), 'state', 'queue', 'message')
  local waits = task[1] and not over[task[1]] and task[1] ~= 'running'
  if not task[1] or waits then call('ZADD', P .. 'revoked', shared(), id) end
  if waits then
    settle(id, task[2], task[1], 'cancelled', failure('revoked'))
    announce(id, 'cancelled', 'revoked')
    if not task[3] then call('HSET', key(id), 'provisional', '1') end
  end
end
call('ZREMRANGEBYSCORE', P .. 'revoked', '-inf', shared() - 10800000)
return answer(1)
