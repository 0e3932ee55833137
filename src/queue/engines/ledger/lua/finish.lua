--- Ends runs.
--- Keys: t:, w:, counts, done:, uq:, expiring, due, dep:, outgoing
--- Arguments: n, n × (id, token, kind, value, and but for the kind `done`: runAt, message, and what comes with it where the transport has
--- `followers`). The kind is `done` (succeeded, and nothing else to do), a final state, `retrying` or `released`.
--- Answer: for each 1, 0 for a lost one, 2 for one that was to be cancelled
--- @include over, into, noted, change, current, stop, failure, settle, due, answer
-- The usual end: nobody waits for it, and there is nothing to take back. Whether it was that.
local function plain_end(id, token, value)
  local task = call('HMGET', key(id), 'state', 'queue', 'token', 'worker', 'tag', 'expiresAt', 'unique', 'error', 'message', 'cancel', 'dependents')
  for i = 5, 11 do if task[i] then return false end end
  if task[1] ~= 'running' or (task[3] or '1') ~= token then return false end
  change(id, task[2], 'running', 'succeeded', 'finishedAt', ARGV[2], 'result', value)
  into(left, task[4], id)
  into(ended, 'succeeded', id)
  return true
end

local results = {}
for i = 1, number() do
  local id, token, kind, value = arg(), arg(), arg(), arg()
  local runAt, message, run = 0, '', nil
  local announcement, sends, others = '', {}, {} --- @has followers
  results[i] = 0
  if kind ~= 'done' then
    runAt, message = number(), arg()
    announcement, sends, others = read_followers() --- @has followers
    run = current(id, token)
  elseif plain_end(id, token, value) then
    results[i] = 1
  else
    kind, run = 'succeeded', current(id, token)
  end
  if run then
    results[i] = 1
    local t, queue = key(id), run.queue
    if run.tag then ack(run.tag) end --- @has ack
    if kind == 'succeeded' then
      settle(id, queue, 'running', 'succeeded', nil, value, run)
    elseif over[kind] then
      settle(id, queue, 'running', kind, value, nil, run)
      if message ~= '' then call('HSET', t, 'sent', message) end
    elseif run.cancel then
      settle(id, queue, 'running', 'cancelled', failure('ran'), nil, run)
      announce(id, 'cancelled', 'terminated') --- @has announce
      unanswered(id, message) --- @has unanswered
      announcement = '' --- @has followers
      results[i] = 2
    elseif kind == 'retrying' then
      stop(id, run)
      call('HSET', t, 'error', value, 'runAt', string.format('%.0f', runAt))
      due(id, queue, 'running', 'retrying', runAt, message)
    else
      stop(id, run)
      call('HSET', t, 'attempt', (call('HGET', t, 'attempt') or 1) - 1)
      call('HSET', t, 'runAt', string.format('%.0f', runAt))
      due(id, queue, 'running', 'scheduled', runAt, message, true)
    end
    if announcement ~= '' then announce(id, '', announcement) end --- @has followers
    follow(sends, others) --- @has followers
  end
end
return answer(results)
