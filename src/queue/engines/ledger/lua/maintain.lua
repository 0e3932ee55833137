--- Promotes, expires, recovers and quarantines what is due, and sends again what nobody confirmed.
--- Keys: due, expiring, workers, leases, w:, t:, counts, done:, outgoing
--- Arguments: how many workers may be lost before a task is not tried again, what the broker's result store gets then
--- Answer: how many were promoted, how many expired, when the next one is due or '', ids that were recovered, ids that were quarantined
--- @include shared, promote, over, failure, settle, recover, answer
local max_crashes, crashed = number(), arg()
local promoted = promote()
local expired = 0
for _, id in ipairs(call('ZRANGEBYSCORE', P .. 'expiring', '-inf', now, 'LIMIT', 0, 500)) do
  call('ZREM', P .. 'expiring', id)
  local task = call('HMGET', key(id), 'state', 'queue', 'expiresAt')
  if task[1] and not over[task[1]] and task[1] ~= 'running' then
    expired = expired + 1
    settle(id, task[2], task[1], 'expired', failure('late', { expiresAt = task[3] }))
    announce(id, 'expired', 'expired') --- @has announce
  end
end
local recovered, quarantined = {}, {}
for _, worker in ipairs(call('ZRANGEBYSCORE', P .. 'workers', '-inf', shared(), 'LIMIT', 0, 20)) do
  for _, id in ipairs(call('SMEMBERS', P .. 'w:' .. worker)) do
    local what = recover(id, max_crashes, crashed)
    if what == 'recovered' then recovered[#recovered + 1] = id end
    if what == 'quarantined' then quarantined[#quarantined + 1] = id end
  end
  call('DEL', P .. 'w:' .. worker)
  call('ZREM', P .. 'workers', worker)
  call('HDEL', P .. 'leases', worker)
end
send_again() --- @has send-again
local next_due = call('ZRANGE', P .. 'due', 0, 0, 'WITHSCORES')
return answer({ promoted, expired, next_due[2] or '', recovered, quarantined })
