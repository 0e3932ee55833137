--- promote(): queues what has become due → how many.
--- @include change
local function promote()
  local promoted = 0
  for _, id in ipairs(call('ZRANGEBYSCORE', P .. 'due', '-inf', now, 'LIMIT', 0, 500)) do
    call('ZREM', P .. 'due', id)
    local task = call('HMGET', key(id), 'state', 'queue', 'message')
    if task[1] == 'scheduled' or task[1] == 'retrying' then
      promoted = promoted + 1
      change(id, task[2], task[1], 'queued')
      wakes[task[2]] = true --- @has wakes
      push_postponed(id, task[2], task[3]) --- @has push-postponed
    end
  end
  return promoted
end
