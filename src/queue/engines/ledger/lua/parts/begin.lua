--- begin(id, queue, tag, worker, raw, name): gives a delivered task to a worker, or says why not → run, adopt (it is met for the first time), drop
--- (it is over), hold (it is not due); its columns; and its token where it runs. `raw` is its message, where the transport has messages.
--- @include whole, over, noted, into, count, change, failure, settle, take-back
local function begin(id, queue, tag, worker, raw, name)
  local t, task, verdict = key(id), whole(id), 'run'
  local state, expiresAt = task[c_state], task[c_expiresAt]
  local old_message = task[c_message]
  -- The caller has it.
  task[c_message] = false
  if not state then
    call('HSET', t, 'name', name or '', 'queue', queue, 'input', '{}', 'createdAt', ARGV[2], 'runAt', ARGV[2], 'foreign', '1')
    task = whole(id)
    listed[#listed + 1] = id
    verdict, state = 'adopt', nil
    if drop_revoked(id, queue, tag, raw) then return 'drop', whole(id) end --- @has drop-revoked
  elseif over[state] and (not task[c_provisional] or call('ZSCORE', P .. 'revoked', id)) then
    ack(tag) --- @has ack
    if state == 'cancelled' or state == 'expired' then unanswered(id, raw) end --- @has unanswered
    return 'drop', task
  elseif (state == 'scheduled' or state == 'retrying') and tonumber(task[c_runAt] or 0) > now then
    ack(tag) --- @has ack
    call('ZADD', P .. 'due', task[c_runAt], id)
    -- What the ledger has already says more: which attempt it is.
    if raw and not old_message then call('HSET', t, 'message', raw) end
    return 'hold', task
  elseif expiresAt and tonumber(expiresAt) <= now and call('ZSCORE', P .. 'expiring', id) then
    ack(tag) --- @has ack
    settle(id, task[c_queue], state, 'expired', failure('late', { expiresAt = expiresAt }))
    announce(id, 'expired', 'expired') --- @has announce
    unanswered(id, raw) --- @has unanswered
    return 'drop', whole(id)
  elseif state == 'running' and is_second(tag, task[c_tag]) then --- @has is-second
    -- A second message of one task: it was cancelled while the first one waited at the broker, and retried.
    ack(tag) --- @has ack
    return 'drop', task --- @has is-second
  elseif state == 'running' then
    -- Delivered again although a worker has it: that one is lost.
    task[c_crashes] = call('HINCRBY', t, 'crashes', 1)
    if task[c_worker] then into(left, task[c_worker], id) end
    interrupt = true
  end
  if expiresAt then call('ZREM', P .. 'expiring', id) end
  if state == 'scheduled' or state == 'retrying' then call('ZREM', P .. 'due', id) end
  if state and task[c_provisional] then take_back(id, state) end
  if task[c_queue] ~= queue then
    -- It came by another queue than it was expected by, which is where it counts and is tried again.
    if state then
      count(task[c_queue], state, -1)
      count(queue, state, 1)
    end
    call('HSET', t, 'queue', queue)
    task[c_queue] = queue
  end
  if task[c_unlisted] or old_message or task[c_tag] then call('HDEL', t, 'unlisted', 'message', 'tag') end
  local before = task[c_startedAt] and 1 or 0
  local token = string.format('%.0f', (task[c_token] or before) + 1)
  local attempt = string.format('%.0f', (task[c_attempt] or before) + 1)
  task[c_state], task[c_token], task[c_attempt], task[c_startedAt], task[c_worker] = 'running', token, attempt, ARGV[2], worker
  keep_delivery(t, tag, raw) --- @has keep-delivery
  change(id, task[c_queue], state, 'running', 'token', token, 'attempt', attempt, 'startedAt', ARGV[2], 'worker', worker)
  into(taken, worker, id)
  return verdict, task, token
end
