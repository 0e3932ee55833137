--- Promotes, expires, recovers and quarantines what is due, and sends again what nobody confirmed.
--- Keys: due, expiring, workers, leases, w:, t:, counts, done:, outgoing
--- Arguments: maxCrashes
--- Answer: how many were promoted, how many expired, when the next one is due or '', ids that were recovered, ids that were quarantined
--- @include shared, promote, over, reason, settle, recover, answer
local max_crashes = number()
local promoted = promote()
local expired = 0
for _, id in ipairs(call('ZRANGEBYSCORE', P .. 'expiring', '-inf', now, 'LIMIT', 0, 500)) do
  call('ZREM', P .. 'expiring', id)
  local task = call('HMGET', key(id), 'state', 'queue')
  if task[1] and not over[task[1]] and task[1] ~= 'running' then
    expired = expired + 1
    settle(id, task[2], task[1], 'expired', reason('CORTADO_TASK_EXPIRED', 'It was not started in time.'))
    announce(id, 'expired', 'expired') --- @has announce
  end
end
local recovered, quarantined = {}, {}
for _, worker in ipairs(call('ZRANGEBYSCORE', P .. 'workers', '-inf', shared(), 'LIMIT', 0, 20)) do
  for _, id in ipairs(call('SMEMBERS', P .. 'w:' .. worker)) do
    local what = recover(id, max_crashes)
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
