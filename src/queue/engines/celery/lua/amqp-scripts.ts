// Written by scripts/write-lua.ts from the files of Lua beside it and in ledger/lua: change those, and run it.
const lua = {
  'arguments': `local P, now = ARGV[1], tonumber(ARGV[2])
local call = redis.call
local at = 2
local function arg() at = at + 1; return ARGV[at] end
local function number() return tonumber(arg()) end
local function key(id) return P .. 't:' .. id end
`,
  'over': `local over = { succeeded = true, failed = true, cancelled = true, expired = true }
`,
  'look': `local function look(id)
  local v = call('HMGET', key(id), 'state', 'queue', 'token', 'worker', 'tag', 'expiresAt', 'unique', 'error', 'message', 'cancel', 'unlisted',
    'dependents')
  return {
    state = v[1] or nil, queue = v[2] or nil, token = v[3] or nil, worker = v[4] or nil, tag = v[5] or nil, expiresAt = v[6] or nil,
    unique = v[7] or nil, error = v[8] or nil, message = v[9] or nil, cancel = v[10] or nil, unlisted = v[11] or nil,
    dependents = v[12] or nil,
  }
end
`,
  'into': `local function into(lists, name, value)
  local list = lists[name]
  if list then list[#list + 1] = value else lists[name] = { value } end
end
`,
  'noted': `local listed, ended, left, taken, outgoing, out = {}, {}, {}, {}, {}, {}
local interrupt = false
`,
  'counts': `local counts = {}
`,
  'count': `local function count(queue, state, by)
  local states = counts[queue] or {}
  counts[queue] = states
  states[state] = (states[state] or 0) + by
end
`,
  'tell': `local changed = {}
local function tell()
  if #changed > 0 and call('PUBSUB', 'NUMSUB', P .. 'changed')[2] > 0 then
    call('PUBLISH', P .. 'changed', table.concat(changed, '\\n'))
  end
end
`,
  'change': `local function change(id, queue, from, to, ...)
  if from then count(queue, from, -1) end
  count(queue, to, 1)
  call('HSET', key(id), 'state', to, ...)
  changed[#changed + 1] = id
end
`,
  'named': `local function named(body)
  return cjson.decode(string.sub(body, 1, string.find(body, '\\n', 1, true) - 1)).name
end
`,
  'name-of': `local function name_of(id)
  local v = call('HMGET', key(id), 'name', 'body')
  return v[1] or (v[2] and named(v[2])) or ''
end
`,
  'failure': `local function failure(why, facts)
  facts = facts or {}
  facts.why = why
  return cjson.encode(facts)
end
`,
  'push': `local function push(_, _, message)
  if not message or message == '' then return end
  local note = tostring(call('INCR', P .. 'outseq'))
  call('HSET', P .. 'out', note, message)
  outgoing[#outgoing + 1] = note
  out[#out + 1] = note .. '\\n' .. message
end
`,
  'postpone': `local function postpone(id, message)
  if message and message ~= '' then call('HSET', key(id), 'message', message) end
end
`,
  'due': `local function due(id, queue, from, waiting, runAt, message, front, fields)
  if runAt > now then
    call('ZADD', P .. 'due', string.format('%.0f', runAt), id)
    change(id, queue, from, waiting, unpack(fields or {}))
    return postpone(id, message)
  end
  change(id, queue, from, 'queued', unpack(fields or {}))
  if not fields then call('HDEL', key(id), 'message') end
  push(id, queue, message, front)
end
`,
  'layout': `local G = ARGV[#ARGV - 3]
`,
  'in-backend': `local database, result_database = ARGV[#ARGV - 1], ARGV[#ARGV]
local function in_backend(work)
  if result_database == database then return work() end
  call('SELECT', result_database)
  local value = work()
  call('SELECT', database)
  return value
end
`,
  'announce': `local result_expires = ARGV[#ARGV - 2]
local kinds = {
  cancelled = { 'REVOKED', 'TaskRevokedError', 'celery.exceptions' },
  expired = { 'REVOKED', 'TaskRevokedError', 'celery.exceptions' },
  failed = { 'FAILURE', 'WorkerLostError', 'billiard.exceptions' },
}
local function announce(id, state, text)
  local meta = text
  if state ~= '' then
    local kind = kinds[state]
    meta = '{"cortado":true,"status":"' .. kind[1] .. '","result":{"exc_type":"' .. kind[2] .. '","exc_message":[' .. cjson.encode(text)
      .. '],"exc_module":"' .. kind[3] .. '"},"traceback":null,"children":[],"date_done":null,"task_id":' .. cjson.encode(id) .. '}'
  end
  local name = G .. 'celery-task-meta-' .. id
  in_backend(function()
    call('SET', name, meta, 'PX', result_expires)
    call('PUBLISH', name, meta)
  end)
end
`,
  'shared': `local shared_time
local function shared()
  if not shared_time then
    local time = call('TIME')
    shared_time = time[1] * 1000 + math.floor(time[2] / 1000)
  end
  return shared_time
end
`,
  'unanswered': `local function unanswered(id, message)
  if not message or message == '' then return end
  call('HSET', key(id), 'sent', message)
  call('ZADD', P .. 'unanswered', shared(), id)
end
`,
  'settle': `local settle
local function release(id, before, name, state)
  local task = call('HMGET', key(id), 'state', 'queue', 'runAt', 'message')
  if not task[1] or over[task[1]] then return end
  if state ~= 'succeeded' then
    settle(id, task[2], task[1], 'cancelled', failure('other', { id = before, name = name, state = state }))
    announce(id, 'cancelled', 'revoked')
    return
  end
  if call('HINCRBY', key(id), 'waits', -1) == 0 then
    call('HDEL', key(id), 'message')
    due(id, task[2], task[1], 'scheduled', tonumber(task[3] or 0), task[4])
  end
end
settle = function(id, queue, from, state, err, result, task)
  task = task or look(id)
  local fields = { 'finishedAt', ARGV[2] }
  if err then fields[#fields + 1], fields[#fields + 2] = 'error', err end
  if result then fields[#fields + 1], fields[#fields + 2] = 'result', result end
  change(id, queue, from, state, unpack(fields))
  if from ~= 'running' and (state == 'cancelled' or state == 'expired') then unanswered(id, task.message) end
  if task.message or task.cancel or task.tag or task.error then
    call('HDEL', key(id), 'message', 'cancel', 'tag', err and 'none' or 'error')
  end
  if task.unique and call('GET', P .. 'uq:' .. task.unique) == id then call('DEL', P .. 'uq:' .. task.unique) end
  if task.worker then into(left, task.worker, id) end
  if task.expiresAt then call('ZREM', P .. 'expiring', id) end
  if from == 'scheduled' or from == 'retrying' then call('ZREM', P .. 'due', id) end
  into(ended, state, id)
  if task.dependents then
    local dependents = call('SMEMBERS', P .. 'dep:' .. id)
    call('DEL', P .. 'dep:' .. id)
    local name = name_of(id)
    for _, dependent in ipairs(dependents) do release(dependent, id, name, state) end
  end
end
`,
  'followers': `local function read_followers()
  local result, sends, others = arg(), {}, {}
  for j = 1, number() do sends[j] = { arg(), arg(), arg() } end
  for j = 1, number() do others[j] = { arg(), arg(), arg(), arg() } end
  return result, sends, others
end
local function follow(sends, others)
  for _, send in ipairs(sends) do push(send[1], send[2], send[3]) end
  for _, other in ipairs(others) do
    local id, state, value, result = unpack(other)
    local task = call('HMGET', key(id), 'state', 'queue')
    if not task[1] or not (over[task[1]] or task[1] == 'running') then
      if task[1] then
        settle(id, task[2], task[1], state, value)
        call('HSET', key(id), 'provisional', '1')
      end
      if result ~= '' then announce(id, '', result) end
    end
  end
end
`,
  'many': `local function many(command, name, values)
  for first = 1, #values, 1000 do
    call(command, name, unpack(values, first, math.min(first + 999, #values)))
  end
end
`,
  'answer': `local function scored(score, ids)
  local values = {}
  for i, id in ipairs(ids) do values[2 * i - 1], values[2 * i] = score(i), id end
  return values
end
local function answer(value)
  local before = #listed > 0 and call('INCRBY', P .. 'seq', #listed) - #listed or 0
  for queue, states in pairs(counts) do
    for state, by in pairs(states) do
      if by ~= 0 then call('HINCRBY', P .. 'counts', queue .. '\\n' .. state, by) end
    end
  end
  if #listed > 0 then
    many('ZADD', P .. 'all', scored(function(i) return before + i end, listed))
  end
  if #outgoing > 0 then many('ZADD', P .. 'outgoing', scored(shared, outgoing)) end
  for state, ids in pairs(ended) do many('ZADD', P .. 'done:' .. state, scored(function() return ARGV[2] end, ids)) end
  for worker, ids in pairs(left) do many('SREM', P .. 'w:' .. worker, ids) end
  for worker, ids in pairs(taken) do many('SADD', P .. 'w:' .. worker, ids) end
  tell()
  if interrupt then call('PUBLISH', P .. 'interrupt', '1') end
  return { value, out }
end
`,
  'take-back': `local function take_back(id, state)
  call('ZREM', P .. 'done:' .. state, id)
  call('HDEL', key(id), 'provisional', 'finishedAt', 'error')
end
`,
  'list-of': `local function list_of(text)
  if not text or text == '' then return {} end
  return cjson.decode(text)
end
`,
  'read-task': `local function optional(text) if text ~= '' then return text end end
local function read_task()
  local id, queue, body, runAt, expiresAt, unique = arg(), arg(), arg(), number(), optional(arg()), optional(arg())
  local after, message = optional(arg()), arg()
  local fields = { 'queue', queue, 'body', body }
  if runAt > now then fields[5], fields[6] = 'runAt', string.format('%.0f', runAt) end
  if expiresAt then fields[#fields + 1], fields[#fields + 2] = 'expiresAt', expiresAt end
  if unique then fields[#fields + 1], fields[#fields + 2] = 'unique', unique end
  if after then fields[#fields + 1], fields[#fields + 2] = 'after', after end
  return {
    id = id, queue = queue, runAt = runAt, expiresAt = expiresAt, unique = unique, after = list_of(after), message = message, body = body,
    fields = fields,
  }
end
`,
  'present': `local function present(keys)
  local found = 0
  for first = 1, #keys, 1000 do found = found + call('EXISTS', unpack(keys, first, math.min(first + 999, #keys))) end
  return found
end
`,
  'wait': `local function wait(id, queue, from, runAt, expiresAt, unique, after, message, fields)
  local t = key(id)
  if unique then call('SET', P .. 'uq:' .. unique, id) end
  if expiresAt then call('ZADD', P .. 'expiring', expiresAt, id) end
  if #after == 0 then return due(id, queue, from, 'scheduled', runAt, message, nil, fields) end
  if fields then call('HSET', t, unpack(fields)) end
  local waits = 0
  for _, before in ipairs(after) do
    local other = call('HGET', key(before), 'state')
    if not other or (over[other] and other ~= 'succeeded') then
      local name = other and name_of(before) or nil
      return settle(id, queue, from, 'cancelled', failure('other', { id = before, name = name, state = other or nil }))
    end
    if other ~= 'succeeded' then
      waits = waits + 1
      call('SADD', P .. 'dep:' .. before, id)
      call('HSET', key(before), 'dependents', 1)
    end
  end
  if waits == 0 then return due(id, queue, from, 'scheduled', runAt, message) end
  call('HSET', t, 'waits', waits)
  if message ~= '' then call('HSET', t, 'message', message) end
  change(id, queue, from, 'scheduled')
end
`,
  'add': `local function add(task, isNew)
  if not isNew and call('EXISTS', key(task.id)) == 1 then return task.id, 0 end
  if task.unique then
    local holder = call('GET', P .. 'uq:' .. task.unique)
    if holder and call('EXISTS', key(holder)) == 1 then return holder, 0 end
  end
  listed[#listed + 1] = task.id
  wait(task.id, task.queue, nil, task.runAt, task.expiresAt, task.unique, task.after, task.message, task.fields)
  return task.id, 1
end
`,
  'current': `local function current(id, token)
  local task = look(id)
  if task.state == 'running' and (task.token or '1') == token then return task end
end
`,
  'stop': `local function stop(id, task)
  if task.worker then into(left, task.worker, id) end
  if task.tag then call('HDEL', key(id), 'tag') end
end
`,
  'lease': `local function lease(worker, length)
  call('ZADD', P .. 'workers', shared() + length, worker)
  call('HSET', P .. 'leases', worker, length)
end
`,
  'keep-lost': `local function keep_lost(id, task) unanswered(id, task.message) end
`,
  'restore': `local function restore(id, queue) push(id, queue, call('HGET', key(id), 'message')) end
`,
  'recover': `local function recover(id, max_crashes, crashed)
  local task = look(id)
  if task.state ~= 'running' then return 'gone' end
  local crashes = call('HINCRBY', key(id), 'crashes', 1)
  interrupt = true
  if task.cancel or crashes >= max_crashes then keep_lost(id, task) end
  if task.cancel then
    settle(id, task.queue, 'running', 'cancelled', failure('ran'), nil, task)
    announce(id, 'cancelled', 'terminated')
    return 'recovered'
  end
  if crashes >= max_crashes then
    settle(id, task.queue, 'running', 'failed', failure('crashed', { crashes = crashes, worker = task.worker }), nil, task)
    announce(id, 'failed', crashed)
    return 'quarantined'
  end
  if task.tag then call('HDEL', key(id), 'tag') end
  change(id, task.queue, 'running', 'queued')
  restore(id, task.queue, task.tag)
  return 'recovered'
end
`,
  'push-postponed': `local function push_postponed(id, queue, message)
  call('HDEL', key(id), 'message')
  push(id, queue, message)
end
`,
  'promote': `local function promote()
  local promoted = 0
  for _, id in ipairs(call('ZRANGEBYSCORE', P .. 'due', '-inf', now, 'LIMIT', 0, 500)) do
    call('ZREM', P .. 'due', id)
    local task = call('HMGET', key(id), 'state', 'queue', 'message')
    if task[1] == 'scheduled' or task[1] == 'retrying' then
      promoted = promoted + 1
      change(id, task[2], task[1], 'queued')
      push_postponed(id, task[2], task[3])
    end
  end
  return promoted
end
`,
  'send-again': `local function send_again()
  for _, note in ipairs(call('ZRANGEBYSCORE', P .. 'outgoing', '-inf', shared() - 5000, 'LIMIT', 0, 500)) do
    call('ZADD', P .. 'outgoing', shared(), note)
    out[#out + 1] = note .. '\\n' .. (call('HGET', P .. 'out', note) or '')
  end
end
`,
  'forget': `local function forget(id)
  call('ZREM', P .. 'unanswered', id)
  in_backend(function() call('DEL', G .. 'celery-task-meta-' .. id) end)
end
`,
  'running': `local function running(queue)
  return tonumber(call('HGET', P .. 'counts', queue .. '\\nrunning') or 0) + (counts[queue] and counts[queue].running or 0)
end
`,
  'confirm': `local function confirm(note) call('HDEL', P .. 'out', note) end
`,
  'read-delivery': `local function read_delivery() return arg(), arg(), arg() end
`,
  'whole': `local c_state, c_queue, c_token, c_attempt, c_startedAt, c_worker, c_crashes, c_runAt, c_expiresAt = 1, 2, 4, 5, 6, 7, 8, 9, 10
local c_provisional, c_tag, c_unlisted, c_message = 16, 22, 23, 24
local function whole(id)
  return call('HMGET', key(id), 'state', 'queue', 'body', 'token', 'attempt', 'startedAt', 'worker', 'crashes', 'runAt', 'expiresAt', 'progress',
    'cancel', 'error', 'foreign', 'expected', 'provisional', 'name', 'input', 'createdAt', 'priority', 'headers', 'tag', 'unlisted', 'message')
end
`,
  'drop-revoked': `local function drop_revoked(id, queue, tag, raw)
  if not call('ZSCORE', P .. 'revoked', id) then return false end
  settle(id, queue, nil, 'cancelled', failure('revoked'))
  announce(id, 'cancelled', 'revoked')
  unanswered(id, raw)
  return true
end
`,
  'is-second': `local function is_second() return true end
`,
  'keep-delivery': `local function keep_delivery(t, _, raw)
  if raw then call('HSET', t, 'message', raw) end
end
`,
  'begin': `local function begin(id, queue, tag, worker, raw, name)
  local t, task, verdict = key(id), whole(id), 'run'
  local state, expiresAt = task[c_state], task[c_expiresAt]
  local old_message = task[c_message]
  task[c_message] = false
  if not state then
    call('HSET', t, 'name', name or '', 'queue', queue, 'input', '{}', 'createdAt', ARGV[2], 'runAt', ARGV[2], 'foreign', '1')
    task = whole(id)
    listed[#listed + 1] = id
    verdict, state = 'adopt', nil
    if drop_revoked(id, queue, tag, raw) then return 'drop', whole(id) end
  elseif over[state] and (not task[c_provisional] or call('ZSCORE', P .. 'revoked', id)) then
    if state == 'cancelled' or state == 'expired' then unanswered(id, raw) end
    return 'drop', task
  elseif (state == 'scheduled' or state == 'retrying') and tonumber(task[c_runAt] or 0) > now then
    call('ZADD', P .. 'due', task[c_runAt], id)
    if raw and not old_message then call('HSET', t, 'message', raw) end
    return 'hold', task
  elseif expiresAt and tonumber(expiresAt) <= now and call('ZSCORE', P .. 'expiring', id) then
    settle(id, task[c_queue], state, 'expired', failure('late', { expiresAt = expiresAt }))
    announce(id, 'expired', 'expired')
    unanswered(id, raw)
    return 'drop', whole(id)
  elseif state == 'running' and is_second(tag, task[c_tag]) then
    return 'drop', task
  elseif state == 'running' then
    task[c_crashes] = call('HINCRBY', t, 'crashes', 1)
    if task[c_worker] then into(left, task[c_worker], id) end
    interrupt = true
  end
  if expiresAt then call('ZREM', P .. 'expiring', id) end
  if state == 'scheduled' or state == 'retrying' then call('ZREM', P .. 'due', id) end
  if state and task[c_provisional] then take_back(id, state) end
  if task[c_queue] ~= queue then
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
  keep_delivery(t, tag, raw)
  change(id, task[c_queue], state, 'running', 'token', token, 'attempt', attempt, 'startedAt', ARGV[2], 'worker', worker)
  into(taken, worker, id)
  return verdict, task, token
end
`,
  'start-one': `local function start_one(id, queue, worker, name, message)
  local verdict, task, token = begin(id, queue, nil, worker, message, name)
  return { verdict, task }, token
end
`,
};

export const amqpScripts: Readonly<Record<'answered' | 'cancel' | 'chord' | 'describe' | 'enqueue' | 'expect' | 'finish' | 'heartbeat' | 'identify' | 'leave' | 'logs' | 'maintain' | 'observe' | 'progress' | 'promote' | 'prune' | 'retry' | 'revoke' | 'revoked' | 'room' | 'send' | 'sent' | 'slot' | 'start' | 'unanswered', string>> = {
  'answered': lua['arguments'] + lua['over'] + lua['look'] + lua['into'] + lua['noted'] + lua['counts'] + lua['count'] + lua['tell'] + lua['change'] + lua['named'] + lua['name-of'] + lua['failure'] + lua['push'] + lua['postpone'] + lua['due'] + lua['layout'] + lua['in-backend'] + lua['announce'] + lua['shared'] + lua['unanswered'] + lua['settle'] + lua['followers'] + lua['many'] + lua['answer'] + `for _ = 1, number() do
  local id, keeps = arg(), arg() == '1'
  local _, sends, others = read_followers()
  if call('ZREM', P .. 'unanswered', id) == 1 then
    if not keeps then call('HDEL', key(id), 'sent') end
    follow(sends, others)
  end
end
return answer(1)
`,
  'cancel': lua['arguments'] + lua['over'] + lua['noted'] + lua['tell'] + lua['take-back'] + lua['look'] + lua['into'] + lua['counts'] + lua['count'] + lua['change'] + lua['named'] + lua['name-of'] + lua['failure'] + lua['push'] + lua['postpone'] + lua['due'] + lua['layout'] + lua['in-backend'] + lua['announce'] + lua['shared'] + lua['unanswered'] + lua['settle'] + lua['many'] + lua['answer'] + `local id, err, reason = arg(), arg(), arg()
local task = call('HMGET', key(id), 'state', 'queue', 'provisional')
if not task[1] then return answer('') end
if task[3] then take_back(id, task[1]) elseif over[task[1]] then return answer('over') end
if task[1] ~= 'running' then
  settle(id, task[2], task[1], 'cancelled', err)
  announce(id, 'cancelled', reason)
  return answer('cancelled')
end
call('HSET', key(id), 'cancel', reason)
changed[#changed + 1], interrupt = id, true
return answer('requested')
`,
  'chord': lua['arguments'] + lua['layout'] + lua['in-backend'] + `local group, id, index, member, expires = arg(), arg(), arg(), arg(), number()
local base = G .. 'celery-taskset-meta-' .. group
local parts, own = base .. '.j', P .. 'chord:' .. group
local before = call('HGET', own, id)
call('HSET', own, id, member)
call('PEXPIRE', own, expires)
return { in_backend(function()
  if before and before ~= member then call('ZREM', parts, before) end
  call('ZADD', parts, index, member)
  call('PEXPIRE', parts, expires)
  local size = tonumber(call('GET', base .. '.s'))
  local more = tonumber(call('GET', base .. '.t') or 0)
  if size and call('ZCARD', parts) == size + more then return call('ZRANGE', parts, 0, -1) end
  return {}
end), {} }
`,
  'describe': lua['arguments'] + `for _ = 1, number() do
  local id, name, input, created_at, run_at, expires_at = arg(), arg(), arg(), arg(), arg(), arg()
  local t = key(id)
  call('HSET', t, 'name', name, 'input', input, 'createdAt', created_at, 'runAt', run_at, 'foreign', '1')
  call('HSET', t, 'priority', arg(), 'headers', arg(), 'attempt', arg())
  call('HDEL', t, 'expected')
  if expires_at ~= '' then
    call('HSET', t, 'expiresAt', expires_at)
    if tonumber(run_at) > now then call('ZADD', P .. 'expiring', expires_at, id) end
  end
end
return { 1, {} }
`,
  'enqueue': lua['arguments'] + lua['list-of'] + lua['read-task'] + lua['present'] + lua['named'] + lua['noted'] + lua['over'] + lua['counts'] + lua['count'] + lua['tell'] + lua['change'] + lua['name-of'] + lua['failure'] + lua['push'] + lua['postpone'] + lua['due'] + lua['look'] + lua['into'] + lua['layout'] + lua['in-backend'] + lua['announce'] + lua['shared'] + lua['unanswered'] + lua['settle'] + lua['wait'] + lua['add'] + lua['many'] + lua['answer'] + `local function are_new(tasks)
  local seen, keys = {}, {}
  for i, task in ipairs(tasks) do
    if seen[task.id] then return false end
    seen[task.id], keys[i] = true, key(task.id)
  end
  return present(keys) == 0
end
local function unknown_before(tasks)
  local batch
  for _, task in ipairs(tasks) do
    for _, before in ipairs(task.after) do
      if not batch then
        batch = {}
        for _, other in ipairs(tasks) do batch[other.id] = true end
      end
      if not batch[before] and call('EXISTS', key(before)) == 0 then return named(task.body) .. '\\n' .. before end
    end
  end
end
local tasks = {}
for i = 1, number() do tasks[i] = read_task() end
local unknown = unknown_before(tasks)
if unknown then return { unknown, {} } end
local results, isNew = {}, are_new(tasks)
for _, task in ipairs(tasks) do
  local id, created = add(task, isNew)
  results[#results + 1] = id
  results[#results + 1] = created
end
return answer(results)
`,
  'expect': lua['arguments'] + lua['list-of'] + lua['read-task'] + lua['noted'] + lua['counts'] + lua['count'] + lua['tell'] + lua['change'] + lua['shared'] + lua['many'] + lua['answer'] + `for _ = 1, number() do
  local task = read_task()
  if call('EXISTS', key(task.id)) == 0 then
    call('HSET', key(task.id), 'expected', '1', unpack(task.fields))
    listed[#listed + 1] = task.id
    change(task.id, task.queue, nil, 'scheduled')
  end
end
return answer(1)
`,
  'finish': lua['arguments'] + lua['over'] + lua['into'] + lua['noted'] + lua['counts'] + lua['count'] + lua['tell'] + lua['change'] + lua['look'] + lua['current'] + lua['stop'] + lua['failure'] + lua['named'] + lua['name-of'] + lua['push'] + lua['postpone'] + lua['due'] + lua['layout'] + lua['in-backend'] + lua['announce'] + lua['shared'] + lua['unanswered'] + lua['settle'] + lua['many'] + lua['answer'] + lua['followers'] + `local function plain_end(id, token, value)
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
  local announcement, sends, others = '', {}, {}
  results[i] = 0
  if kind ~= 'done' then
    runAt, message = number(), arg()
    announcement, sends, others = read_followers()
    run = current(id, token)
  elseif plain_end(id, token, value) then
    results[i] = 1
  else
    kind, run = 'succeeded', current(id, token)
  end
  if run then
    results[i] = 1
    local t, queue = key(id), run.queue
    if kind == 'succeeded' then
      settle(id, queue, 'running', 'succeeded', nil, value, run)
    elseif over[kind] then
      settle(id, queue, 'running', kind, value, nil, run)
      if message ~= '' then call('HSET', t, 'sent', message) end
    elseif run.cancel then
      settle(id, queue, 'running', 'cancelled', failure('ran'), nil, run)
      announce(id, 'cancelled', 'terminated')
      unanswered(id, message)
      announcement = ''
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
    if announcement ~= '' then announce(id, '', announcement) end
    follow(sends, others)
  end
end
return answer(results)
`,
  'heartbeat': lua['arguments'] + lua['shared'] + lua['lease'] + lua['look'] + lua['current'] + lua['into'] + lua['noted'] + lua['counts'] + lua['count'] + lua['tell'] + lua['change'] + lua['failure'] + lua['over'] + lua['named'] + lua['name-of'] + lua['push'] + lua['postpone'] + lua['due'] + lua['layout'] + lua['in-backend'] + lua['announce'] + lua['unanswered'] + lua['settle'] + lua['keep-lost'] + lua['restore'] + lua['recover'] + lua['many'] + lua['answer'] + `local worker, length = arg(), number()
lease(worker, length)
local results, known = {}, {}
for i = 1, number() do
  local id = arg()
  local run = current(id, arg())
  known[id] = true
  results[i] = 1
  if run then
    results[i] = run.cancel and 2 or 0
    if run.unlisted then call('HDEL', key(id), 'unlisted') end
  end
end
for _, id in ipairs(call('SMEMBERS', P .. 'w:' .. worker)) do
  if not known[id] then
    local since = tonumber(call('HGET', key(id), 'unlisted'))
    if not since then
      call('HSET', key(id), 'unlisted', shared())
    elseif shared() - since > length then
      into(left, worker, id)
      recover(id, 1000000, '')
    end
  end
end
return answer(results)
`,
  'identify': lua['arguments'] + `call('SET', P .. 'identity', arg(), 'NX')
return { call('GET', P .. 'identity'), {} }
`,
  'leave': lua['arguments'] + `local worker = arg()
if call('SCARD', P .. 'w:' .. worker) > 0 then
  call('ZADD', P .. 'workers', 0, worker)
else
  call('ZREM', P .. 'workers', worker)
  call('HDEL', P .. 'leases', worker)
end
return { 1, {} }
`,
  'logs': lua['arguments'] + lua['look'] + lua['current'] + lua['tell'] + `local id = arg()
if not current(id, arg()) then return { 0, {} } end
for _ = 1, number() do call('RPUSH', P .. 'logs:' .. id, arg()) end
changed[#changed + 1] = id
tell()
return { 1, {} }
`,
  'maintain': lua['arguments'] + lua['shared'] + lua['counts'] + lua['count'] + lua['tell'] + lua['change'] + lua['noted'] + lua['push'] + lua['push-postponed'] + lua['promote'] + lua['over'] + lua['failure'] + lua['look'] + lua['into'] + lua['named'] + lua['name-of'] + lua['postpone'] + lua['due'] + lua['layout'] + lua['in-backend'] + lua['announce'] + lua['unanswered'] + lua['settle'] + lua['keep-lost'] + lua['restore'] + lua['recover'] + lua['many'] + lua['answer'] + lua['send-again'] + `local max_crashes, crashed = number(), arg()
local promoted = promote()
local expired = 0
for _, id in ipairs(call('ZRANGEBYSCORE', P .. 'expiring', '-inf', now, 'LIMIT', 0, 500)) do
  call('ZREM', P .. 'expiring', id)
  local task = call('HMGET', key(id), 'state', 'queue', 'expiresAt')
  if task[1] and not over[task[1]] and task[1] ~= 'running' then
    expired = expired + 1
    settle(id, task[2], task[1], 'expired', failure('late', { expiresAt = task[3] }))
    announce(id, 'expired', 'expired')
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
send_again()
local next_due = call('ZRANGE', P .. 'due', 0, 0, 'WITHSCORES')
return answer({ promoted, expired, next_due[2] or '', recovered, quarantined })
`,
  'observe': lua['arguments'] + lua['over'] + lua['counts'] + lua['count'] + lua['tell'] + lua['change'] + lua['take-back'] + lua['look'] + lua['into'] + lua['noted'] + lua['named'] + lua['name-of'] + lua['failure'] + lua['push'] + lua['postpone'] + lua['due'] + lua['layout'] + lua['in-backend'] + lua['announce'] + lua['shared'] + lua['unanswered'] + lua['settle'] + lua['many'] + lua['answer'] + `local id, state, value, hearsay = arg(), arg(), arg(), arg() == '1'
local task = call('HMGET', key(id), 'state', 'queue', 'worker', 'provisional', 'retried', 'expected', 'message')
local from, queue = task[1], task[2]
if not from or (over[from] and not task[4]) then return answer(0) end
if from == state then
  if task[4] and state == 'cancelled' and not hearsay then call('HDEL', key(id), 'provisional') end
  return answer(0)
end
if state == 'cancelled' and from == 'running' and task[3] then return answer(0) end
if hearsay and (task[5] or task[7]) then return answer(0) end
if task[4] then take_back(id, from) end
if state == 'succeeded' then
  settle(id, queue, from, state, nil, value)
elseif over[state] then
  settle(id, queue, from, state, value)
  if hearsay or task[6] then call('HSET', key(id), 'provisional', '1') end
else
  if value ~= '' then call('HSET', key(id), 'error', value) end
  call('ZREM', P .. 'expiring', id)
  change(id, queue, from, state)
end
return answer(1)
`,
  'progress': lua['arguments'] + lua['look'] + lua['current'] + lua['tell'] + `local id = arg()
if not current(id, arg()) then return { 0, {} } end
call('HSET', key(id), 'progress', arg())
changed[#changed + 1] = id
tell()
return { 1, {} }
`,
  'promote': lua['arguments'] + lua['counts'] + lua['count'] + lua['tell'] + lua['change'] + lua['noted'] + lua['push'] + lua['push-postponed'] + lua['promote'] + lua['shared'] + lua['many'] + lua['answer'] + lua['send-again'] + `send_again()
return answer(promote())
`,
  'prune': lua['arguments'] + lua['counts'] + lua['count'] + lua['many'] + lua['shared'] + lua['tell'] + lua['noted'] + lua['answer'] + lua['layout'] + lua['in-backend'] + lua['forget'] + `local state, before, limit = arg(), arg(), number()
local ids = call('ZRANGEBYSCORE', P .. 'done:' .. state, '-inf', '(' .. before, 'LIMIT', 0, limit)
for _, id in ipairs(ids) do
  local queue = call('HGET', key(id), 'queue')
  if queue then count(queue, state, -1) end
  call('DEL', key(id), P .. 'logs:' .. id)
  forget(id)
end
many('ZREM', P .. 'done:' .. state, ids)
many('ZREM', P .. 'all', ids)
return answer(#ids)
`,
  'retry': lua['arguments'] + lua['over'] + lua['list-of'] + lua['counts'] + lua['count'] + lua['tell'] + lua['change'] + lua['named'] + lua['name-of'] + lua['failure'] + lua['noted'] + lua['push'] + lua['postpone'] + lua['due'] + lua['look'] + lua['into'] + lua['layout'] + lua['in-backend'] + lua['announce'] + lua['shared'] + lua['unanswered'] + lua['settle'] + lua['wait'] + lua['many'] + lua['answer'] + lua['forget'] + `local id, message, kept = arg(), arg(), arg() == '1'
local t = key(id)
local task = call('HMGET', t, 'state', 'queue', 'runAt', 'unique', 'after', 'expected', 'sent')
if not task[1] then return answer('') end
if not over[task[1]] or task[1] == 'succeeded' then return answer(0) end
local holder = task[4] and call('GET', P .. 'uq:' .. task[4])
if holder and holder ~= id then return answer(holder) end
if kept ~= (task[7] and true or false) then return answer(2) end
call('ZREM', P .. 'done:' .. task[1], id)
call('ZREM', P .. 'revoked', id)
call('HDEL', t, 'error', 'finishedAt', 'progress', 'cancel', 'expiresAt', 'waits', 'tag', 'provisional', 'sent')
call('HSET', t, 'attempt', 0, 'crashes', 0, 'retried', 1)
forget(id)
if task[6] and message == '' then
  change(id, task[2], task[1], 'scheduled')
  return answer(1)
end
wait(id, task[2], task[1], tonumber(task[3] or 0), nil, task[4] or nil, list_of(task[5]), message)
return answer(1)
`,
  'revoke': lua['arguments'] + lua['shared'] + lua['over'] + lua['failure'] + lua['look'] + lua['into'] + lua['noted'] + lua['counts'] + lua['count'] + lua['tell'] + lua['change'] + lua['named'] + lua['name-of'] + lua['push'] + lua['postpone'] + lua['due'] + lua['layout'] + lua['in-backend'] + lua['announce'] + lua['unanswered'] + lua['settle'] + lua['many'] + lua['answer'] + `for _ = 1, number() do
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
`,
  'revoked': lua['arguments'] + `local since, limit = arg(), number()
local ids = call('ZREVRANGEBYSCORE', P .. 'done:cancelled', '+inf', since, 'LIMIT', 0, limit)
for _, id in ipairs(call('ZREVRANGEBYSCORE', P .. 'revoked', '+inf', since, 'LIMIT', 0, limit)) do ids[#ids + 1] = id end
return { ids, {} }
`,
  'room': lua['arguments'] + lua['shared'] + lua['counts'] + lua['running'] + `local queue, concurrency, rate, per = arg(), number(), number(), number()
local room = 1000000
if concurrency > 0 then room = concurrency - running(queue) end
if rate > 0 then
  call('ZREMRANGEBYSCORE', P .. 'starts:' .. queue, '-inf', shared() - per)
  room = math.min(room, rate - call('ZCARD', P .. 'starts:' .. queue))
end
return { math.max(0, room), {} }
`,
  'send': lua['arguments'] + lua['noted'] + lua['push'] + lua['shared'] + lua['many'] + lua['tell'] + lua['counts'] + lua['answer'] + `for _ = 1, number() do
  local id, queue, message = arg(), arg(), arg()
  push(id, queue, message)
end
return answer(1)
`,
  'sent': lua['arguments'] + lua['many'] + lua['confirm'] + `local notes, queues = {}, {}
for i = 1, number() do
  notes[i] = arg()
  confirm(notes[i])
end
many('ZREM', P .. 'outgoing', notes)
for i = 1, number() do queues[i] = arg() end
if #queues > 0 then call('PUBLISH', P .. 'wake', table.concat(queues, '\\n')) end
return { 1, {} }
`,
  'slot': lua['arguments'] + lua['list-of'] + lua['read-task'] + lua['noted'] + lua['over'] + lua['counts'] + lua['count'] + lua['tell'] + lua['change'] + lua['named'] + lua['name-of'] + lua['failure'] + lua['push'] + lua['postpone'] + lua['due'] + lua['look'] + lua['into'] + lua['layout'] + lua['in-backend'] + lua['announce'] + lua['shared'] + lua['unanswered'] + lua['settle'] + lua['wait'] + lua['add'] + lua['many'] + lua['answer'] + `local schedule, slot = arg(), number()
local last = tonumber(call('HGET', P .. 'slots', schedule))
if last and last >= slot then return answer(0) end
call('HSET', P .. 'slots', schedule, string.format('%.0f', slot))
add(read_task())
return answer(1)
`,
  'start': lua['arguments'] + lua['shared'] + lua['lease'] + lua['counts'] + lua['running'] + lua['read-delivery'] + lua['whole'] + lua['over'] + lua['noted'] + lua['into'] + lua['count'] + lua['tell'] + lua['change'] + lua['failure'] + lua['look'] + lua['named'] + lua['name-of'] + lua['push'] + lua['postpone'] + lua['due'] + lua['layout'] + lua['in-backend'] + lua['announce'] + lua['unanswered'] + lua['settle'] + lua['take-back'] + lua['drop-revoked'] + lua['is-second'] + lua['keep-delivery'] + lua['begin'] + lua['start-one'] + lua['many'] + lua['answer'] + `local worker, length = arg(), number()
lease(worker, length)
local results = {}
for _ = 1, number() do
  local queue, concurrency, rate, per = arg(), number(), number(), number()
  local starts = P .. 'starts:' .. queue
  if rate > 0 then call('ZREMRANGEBYSCORE', starts, '-inf', shared() - per) end
  for _ = 1, number() do
    local id, name, message = read_delivery()
    if (concurrency > 0 and running(queue) >= concurrency) or (rate > 0 and call('ZCARD', starts) >= rate) then
      results[#results + 1] = { 'later' }
    else
      local result, token = start_one(id, queue, worker, name, message)
      if rate > 0 and token then
        call('ZADD', starts, shared(), id .. token)
        call('PEXPIRE', starts, per)
      end
      results[#results + 1] = result
    end
  end
end
return answer(results)
`,
  'unanswered': lua['arguments'] + lua['shared'] + `local results = {}
for _, id in ipairs(call('ZRANGEBYSCORE', P .. 'unanswered', '-inf', shared(), 'LIMIT', 0, number())) do
  call('ZADD', P .. 'unanswered', shared() + 30000, id)
  local task = call('HMGET', key(id), 'state', 'error', 'sent', 'foreign', 'expected')
  results[#results + 1] = { id, task[1] or '', task[2] or '', task[3] or '', (task[4] or task[5]) and 0 or 1 }
end
return { results, {} }
`,
};
