/**
 * The Lua side of a ledger of tasks in Redis: every step is one script, so it happens whole or not at all, and for one worker only. Each
 * script is `header` + the hooks of the transport + `steps` + one of the bodies below.
 *
 * A transport defines:
 * - `push(id, queue, message, front)`: hands a task that is due to the broker (or notes it for the process that called).
 * - `ack(tag)`: takes the delivery off the broker for good.
 * - `restore(id, queue, tag)`: gives the delivery of a lost worker back to the broker.
 * - `renew(tag)`: the delivery is still being worked on.
 * - `announce(id, state, error)`: tells the broker's own result store how a task ended that no worker finished.
 * - `close_out()`: called before what the script noted is written.
 * - `resend(id)`: what to note again of a task that was noted for a process that never confirmed it; `confirm(id)`: it was sent.
 * - `forget(id)`: deletes what the broker's own result store has of a task.
 * - `hold`: whether tasks wait for their time in the ledger, and not at the broker.
 *
 * Keys, all under one prefix: `t:<id>` hash of a task · `all` ids by arrival · `due` ids by time · `expiring` ids by time · `done:<state>`
 * ids by end · `workers` workers by the end of their lease · `leases` their length · `w:<worker>` ids they run · `uq:<key>` id that holds
 * a unique key · `dep:<id>` ids that wait for it · `logs:<id>` · `counts` tasks by queue and state · `starts:<queue>` · `slots`.
 */
export const header = `
local P, now = ARGV[1], tonumber(ARGV[2])
local call = redis.call
local at = 2
local function arg() at = at + 1; return ARGV[at] end
local function number() return tonumber(arg()) end
local function key(id) return P .. 't:' .. id end
-- Leases are measured by the one clock that all workers share.
local shared_time
local function shared()
  if not shared_time then
    local time = call('TIME')
    shared_time = time[1] * 1000 + math.floor(time[2] / 1000)
  end
  return shared_time
end
local out, changed, wakes, interrupt = {}, {}, {}, false
-- Written once for all tasks of a script, by \`write\`: deltas of \`counts\`, new ids, ends by state, ids by the worker that leaves or takes them,
-- and what is noted for the process that called.
local counts, listed, ended, left, taken, outgoing = {}, {}, {}, {}, {}, {}
local function into(lists, name, ...)
  local list = lists[name] or {}
  lists[name] = list
  for _, value in ipairs({ ... }) do list[#list + 1] = value end
end
-- Set where tasks reach the broker only after the script: the process that sends them wakes the workers then.
local quiet = false
-- Set where the ledger keeps the message of a task while it runs, so that it alone decides when the worker is lost.
local keep = false
`;

/** Hooks of a transport that publishes from the process that called: the script notes what is to be sent until `sent` confirms it. */
export const handOverHooks = (hold: boolean): string => `
local hold = ${hold}
quiet = true
local together = {}
local function push(id, queue, message)
  -- The broker has it still, and is told by the process that ended the run.
  if message == 'kept' then return end
  together[#together + 1] = id
end
-- Noted as one for all.
local function close_out()
  if #together == 0 then return end
  local note = table.concat(together, '\\n')
  outgoing[#outgoing + 1] = note
  out[#out + 1] = note
end
local function ack() end
local function restore() end
local function renew() end
local function announce() end
local function resend(note) return note end
local function confirm() end
local function forget() end
`;

export const steps = `
local over = { succeeded = true, failed = true, cancelled = true, expired = true }

local function count(queue, state, by)
  local field = queue .. '\\n' .. state
  counts[field] = (counts[field] or 0) + by
end

-- How many tasks of a queue run now.
local function running(queue)
  local field = queue .. '\\nrunning'
  return tonumber(call('HGET', P .. 'counts', field) or 0) + (counts[field] or 0)
end

-- One command for many values, as many as Lua can pass at once.
local function many(command, name, values)
  for first = 1, #values, 1000 do
    call(command, name, unpack(values, first, math.min(first + 999, #values)))
  end
end

local function scored(score, ids)
  local values = {}
  for i, id in ipairs(ids) do values[2 * i - 1], values[2 * i] = score(i), id end
  return values
end

local function write()
  close_out()
  for field, by in pairs(counts) do
    if by ~= 0 then call('HINCRBY', P .. 'counts', field, by) end
  end
  if #listed > 0 then
    local before = call('INCRBY', P .. 'seq', #listed) - #listed
    many('ZADD', P .. 'all', scored(function(i) return before + i end, listed))
  end
  if #outgoing > 0 then many('ZADD', P .. 'outgoing', scored(shared, outgoing)) end
  for state, ids in pairs(ended) do many('ZADD', P .. 'done:' .. state, scored(function() return ARGV[2] end, ids)) end
  for worker, ids in pairs(left) do many('SREM', P .. 'w:' .. worker, ids) end
  for worker, ids in pairs(taken) do many('SADD', P .. 'w:' .. worker, ids) end
end

local facts = { 'state', 'queue', 'name', 'token', 'worker', 'tag', 'runAt', 'expiresAt', 'unique', 'error', 'message', 'cancel', 'unlisted' }

-- What there is to know before a task is changed.
local function look(id)
  local values, task = call('HMGET', key(id), unpack(facts)), {}
  for i, fact in ipairs(facts) do task[fact] = values[i] or nil end
  return task
end

-- Deletes those of the fields that are there.
local function forget_fields(id, task, ...)
  local gone = {}
  for _, field in ipairs({ ... }) do
    if task[field] then gone[#gone + 1] = field end
  end
  if #gone > 0 then call('HDEL', key(id), unpack(gone)) end
end

-- Other fields that change with the state are set with it.
local function change(id, queue, from, to, ...)
  if from then count(queue, from, -1) end
  count(queue, to, 1)
  call('HSET', key(id), 'state', to, ...)
  changed[#changed + 1] = id
end

local function reason(code, message)
  return cjson.encode({ name = 'CortadoError', code = code, message = message })
end

-- A task is due, or waits for its time. \`fields\` are those of a new one.
local function due(id, queue, from, waiting, runAt, message, front, fields)
  if runAt > now then
    call('ZADD', P .. 'due', string.format('%.0f', runAt), id)
    change(id, queue, from, waiting, unpack(fields or {}))
    if not hold then
      push(id, queue, message, front)
    elseif message and message ~= '' then
      call('HSET', key(id), 'message', message)
    end
    return
  end
  change(id, queue, from, 'queued', unpack(fields or {}))
  wakes[queue] = true
  if not fields then call('HDEL', key(id), 'message') end
  push(id, queue, message, front)
end

local settle

local function release(id, before, name, state)
  local task = call('HMGET', key(id), 'state', 'queue', 'runAt', 'message')
  if not task[1] or over[task[1]] then return end
  if state ~= 'succeeded' then
    local text = 'It waits for the result of "' .. name .. '" (' .. before .. '), which is ' .. state .. '.'
    settle(id, task[2], task[1], 'cancelled', reason('CORTADO_TASK_CANCELLED', text))
    return announce(id, 'cancelled', text)
  end
  if call('HINCRBY', key(id), 'waits', -1) == 0 then
    call('HDEL', key(id), 'message')
    due(id, task[2], task[1], 'scheduled', tonumber(task[3]), task[4])
  end
end

-- The end of a task, however it came.
settle = function(id, queue, from, state, failure, result, task)
  task = task or look(id)
  local fields = { 'finishedAt', ARGV[2] }
  if failure then fields[#fields + 1], fields[#fields + 2] = 'error', failure end
  if result then fields[#fields + 1], fields[#fields + 2] = 'result', result end
  change(id, queue, from, state, unpack(fields))
  forget_fields(id, task, 'message', 'cancel', 'tag', failure and 'none' or 'error')
  if task.unique and call('GET', P .. 'uq:' .. task.unique) == id then call('DEL', P .. 'uq:' .. task.unique) end
  if task.worker then into(left, task.worker, id) end
  if task.expiresAt then call('ZREM', P .. 'expiring', id) end
  if from == 'scheduled' or from == 'retrying' then call('ZREM', P .. 'due', id) end
  into(ended, state, id)
  local dependents = call('SMEMBERS', P .. 'dep:' .. id)
  if #dependents > 0 then
    call('DEL', P .. 'dep:' .. id)
    for _, dependent in ipairs(dependents) do release(dependent, id, task.name, state) end
  end
end

-- Decides what a task waits for: others, its time, or a worker. \`fields\` are those of a new one.
local function wait(id, queue, from, runAt, expiresAt, unique, after, message, fields)
  local t = key(id)
  if unique then call('SET', P .. 'uq:' .. unique, id) end
  if expiresAt then call('ZADD', P .. 'expiring', expiresAt, id) end
  if #after == 0 then return due(id, queue, from, 'scheduled', runAt, message, nil, fields) end
  if fields then call('HSET', t, unpack(fields)) end
  local waits = 0
  for _, before in ipairs(after) do
    local other = call('HMGET', key(before), 'state', 'name')
    if not other[1] or (over[other[1]] and other[1] ~= 'succeeded') then
      local text = 'It waits for ' .. before .. ', which is gone.'
      if other[1] then text = 'It waits for the result of "' .. other[2] .. '" (' .. before .. '), which is ' .. other[1] .. '.' end
      return settle(id, queue, from, 'cancelled', reason('CORTADO_TASK_CANCELLED', text))
    end
    if other[1] ~= 'succeeded' then
      waits = waits + 1
      call('SADD', P .. 'dep:' .. before, id)
    end
  end
  if waits == 0 then return due(id, queue, from, 'scheduled', runAt, message) end
  call('HSET', t, 'waits', waits)
  if message ~= '' then call('HSET', t, 'message', message) end
  change(id, queue, from, 'scheduled')
end

local function list(text)
  if not text or text == '' then return {} end
  return cjson.decode(text)
end

-- What stands for nothing is not stored.
local function optional(text, nothing) if text ~= (nothing or '') then return text end end

-- Reads one new task off ARGV.
local function readTask()
  return {
    id = arg(), name = arg(), queue = arg(), input = arg(), priority = optional(arg(), '0'), createdAt = arg(), runAt = arg(),
    expiresAt = optional(arg()), unique = optional(arg()), after = optional(arg()), headers = optional(arg(), '{}'), message = arg(),
  }
end

local function add(task)
  if call('EXISTS', key(task.id)) == 1 then return task.id, 0 end
  if task.unique then
    local holder = call('GET', P .. 'uq:' .. task.unique)
    if holder and call('EXISTS', key(holder)) == 1 then return holder, 0 end
  end
  local fields = { 'name', task.name, 'queue', task.queue, 'input', task.input, 'createdAt', task.createdAt, 'runAt', task.runAt }
  for _, name in ipairs({ 'priority', 'expiresAt', 'unique', 'after', 'headers' }) do
    if task[name] then fields[#fields + 1], fields[#fields + 2] = name, task[name] end
  end
  listed[#listed + 1] = task.id
  wait(task.id, task.queue, nil, tonumber(task.runAt), task.expiresAt, task.unique, list(task.after), task.message, fields)
  return task.id, 1
end

local function unknownBefore(tasks)
  local batch = {}
  for _, task in ipairs(tasks) do batch[task.id] = true end
  for _, task in ipairs(tasks) do
    for _, before in ipairs(list(task.after)) do
      if not batch[before] and call('EXISTS', key(before)) == 0 then return task.name .. '\\n' .. before end
    end
  end
end

-- The run that a worker holds, or nil when another has it.
local function current(id, token)
  local task = look(id)
  if task.state == 'running' and task.token == token then return task end
end

local function stop(id, task)
  if task.worker then into(left, task.worker, id) end
  forget_fields(id, task, 'tag')
end

-- A run whose worker was lost.
local function recover(id, maxCrashes)
  local task = look(id)
  if task.state ~= 'running' then return 'gone' end
  local crashes = call('HINCRBY', key(id), 'crashes', 1)
  interrupt = true
  if task.cancel then
    if task.tag then ack(task.tag) end
    settle(id, task.queue, 'running', 'cancelled', reason('CORTADO_TASK_CANCELLED', 'It was cancelled while it ran.'), nil, task)
    announce(id, 'cancelled', 'terminated')
    return 'recovered'
  end
  if crashes >= maxCrashes then
    local text = crashes .. ' workers were lost while they ran it; the last one was ' .. (task.worker or 'unknown')
      .. '. Retry it once the cause is known.'
    if task.tag then ack(task.tag) end
    settle(id, task.queue, 'running', 'failed', reason('CORTADO_TASK_CRASHED', text), nil, task)
    announce(id, 'failed', text)
    return 'quarantined'
  end
  forget_fields(id, task, 'tag')
  change(id, task.queue, 'running', 'queued')
  wakes[task.queue] = true
  restore(id, task.queue, task.tag)
  return 'recovered'
end

local function flat(task)
  local fields = {}
  for name, value in pairs(task) do fields[#fields + 1], fields[#fields + 2] = name, value end
  return fields
end

local function whole(id)
  local task, fields = {}, call('HGETALL', key(id))
  for i = 1, #fields, 2 do task[fields[i]] = fields[i + 1] end
  return task
end

-- Gives a delivered task to a worker, or says why not: drop (it is over), hold (it is not due). Returns the task as well.
local function start(id, queue, tag, worker, raw, name)
  local t, task = key(id), whole(id)
  local state, verdict = task.state, 'run'
  if not state then
    task = { name = name or '', queue = queue, input = '{}', createdAt = ARGV[2], runAt = ARGV[2], foreign = '1' }
    call('HSET', t, unpack(flat(task)))
    listed[#listed + 1] = id
    verdict = 'adopt'
    if call('ZSCORE', P .. 'revoked', id) then
      ack(tag)
      settle(id, queue, nil, 'cancelled', reason('CORTADO_TASK_CANCELLED', 'It was revoked.'))
      announce(id, 'cancelled', 'revoked')
      return 'drop', whole(id)
    end
  elseif over[state] then
    ack(tag)
    return 'drop', task
  elseif (state == 'scheduled' or state == 'retrying') and tonumber(task.runAt) > now then
    ack(tag)
    call('ZADD', P .. 'due', task.runAt, id)
    if raw then call('HSET', t, 'message', raw) end
    return 'hold', task
  elseif task.expiresAt and tonumber(task.expiresAt) <= now and call('ZSCORE', P .. 'expiring', id) then
    ack(tag)
    settle(id, task.queue, state, 'expired', reason('CORTADO_TASK_EXPIRED', 'It was not started in time.'))
    announce(id, 'expired', 'expired')
    return 'drop', whole(id)
  elseif state == 'running' and keep then
    ack(tag)
    return 'drop', task
  elseif state == 'running' then
    -- Delivered again although a worker has it: that one is lost.
    task.crashes = call('HINCRBY', t, 'crashes', 1)
    if task.worker then into(left, task.worker, id) end
    interrupt = true
  end
  if task.expiresAt then call('ZREM', P .. 'expiring', id) end
  if state == 'scheduled' or state == 'retrying' then call('ZREM', P .. 'due', id) end
  local kept, tagged = keep and raw, tag and tag ~= ''
  forget_fields(id, task, 'unlisted', kept and 'none' or 'message', tagged and 'none' or 'tag')
  task.message, task.unlisted, task.tag = nil, nil, nil
  task.token = string.format('%.0f', (task.token or 0) + 1)
  task.attempt = string.format('%.0f', (task.attempt or 0) + 1)
  task.startedAt, task.worker, task.state = ARGV[2], worker, 'running'
  local fields = { 'token', task.token, 'attempt', task.attempt, 'startedAt', ARGV[2], 'worker', worker }
  if kept then fields[#fields + 1], fields[#fields + 2] = 'message', raw end
  if tagged then fields[#fields + 1], fields[#fields + 2] = 'tag', tag end
  change(id, task.queue, state, 'running', unpack(fields))
  into(taken, worker, id)
  return verdict, task
end

local function promote()
  local promoted = 0
  for _, id in ipairs(call('ZRANGEBYSCORE', P .. 'due', '-inf', now, 'LIMIT', 0, 500)) do
    call('ZREM', P .. 'due', id)
    local task = call('HMGET', key(id), 'state', 'queue', 'message')
    if task[1] == 'scheduled' or task[1] == 'retrying' then
      promoted = promoted + 1
      change(id, task[2], task[1], 'queued')
      wakes[task[2]] = true
      if hold then
        call('HDEL', key(id), 'message')
        push(id, task[2], task[3])
      end
    end
  end
  return promoted
end

local function answer(value)
  write()
  if #changed > 0 then call('PUBLISH', P .. 'changed', table.concat(changed, '\\n')) end
  local queues = {}
  for queue in pairs(wakes) do queues[#queues + 1] = queue end
  if #queues > 0 and not quiet then call('PUBLISH', P .. 'wake', table.concat(queues, '\\n')) end
  if interrupt then call('PUBLISH', P .. 'interrupt', '1') end
  return { value, out }
end
`;

/** What can be done to the ledger: names of its scripts. */
export type Step = keyof typeof bodies;

export const bodies = {
  /** n, tasks… → unknown dependency, or pairs of id and whether it was created. */
  enqueue: `
local tasks = {}
for i = 1, number() do tasks[i] = readTask() end
local unknown = unknownBefore(tasks)
if unknown then return { unknown, {} } end
local results = {}
for i, task in ipairs(tasks) do
  local id, created = add(task)
  results[#results + 1] = id
  results[#results + 1] = created
end
return answer(results)`,

  /** schedule, slot, task → whether it was created. */
  slot: `
local schedule, slot = arg(), number()
local last = tonumber(call('HGET', P .. 'slots', schedule))
if last and last >= slot then return answer(0) end
call('HSET', P .. 'slots', schedule, string.format('%.0f', slot))
add(readTask())
return answer(1)`,

  /** worker, lease, deliveries: n of queue, concurrency, rate, per, id, tag, name, message → verdicts and tasks. */
  start: `
local worker, lease = arg(), number()
call('ZADD', P .. 'workers', shared() + lease, worker)
call('HSET', P .. 'leases', worker, lease)
local results = {}
for i = 1, number() do
  local queue, concurrency, rate, per = arg(), number(), number(), number()
  local id, tag, name, message = arg(), arg(), arg(), arg()
  local starts = P .. 'starts:' .. queue
  if rate > 0 then call('ZREMRANGEBYSCORE', starts, '-inf', shared() - per) end
  if (concurrency > 0 and running(queue) >= concurrency) or (rate > 0 and call('ZCARD', starts) >= rate) then
    results[i] = { 'later' }
  else
    local verdict, task = start(id, queue, tag, worker, optional(message), name)
    if rate > 0 and (verdict == 'run' or verdict == 'adopt') then
      call('ZADD', starts, shared(), id .. task.token)
      call('PEXPIRE', starts, per)
    end
    results[i] = { verdict, flat(task) }
  end
end
return answer(results)`,

  /** worker, lease, n, (id, token)… → 0 fine, 1 lost, 2 cancelled. */
  heartbeat: `
local worker, lease = arg(), number()
call('ZADD', P .. 'workers', shared() + lease, worker)
call('HSET', P .. 'leases', worker, lease)
local results, known = {}, {}
for i = 1, number() do
  local id = arg()
  local run = current(id, arg())
  known[id] = true
  results[i] = 1
  if run then
    results[i] = run.cancel and 2 or 0
    if run.tag then renew(run.tag) end
    if run.unlisted then call('HDEL', key(id), 'unlisted') end
  end
end
-- A claim whose answer was lost with the connection is the worker's, but the worker does not know it.
local own = P .. 'w:' .. worker
for _, id in ipairs(call('SMEMBERS', own)) do
  if not known[id] then
    local since = tonumber(call('HGET', key(id), 'unlisted'))
    if not since then
      call('HSET', key(id), 'unlisted', shared())
    elseif shared() - since > lease then
      into(left, worker, id)
      recover(id, 1000000)
    end
  end
end
return answer(results)`,

  /** n, (id, token, kind, value, runAt, message, announcement, m, (queue, message)…)… → 1, or 0 for a lost one; then cancelled ones. */
  finish: `
local results = {}
for i = 1, number() do
  local id, token, kind, value, runAt, message, meta = arg(), arg(), arg(), arg(), number(), arg(), arg()
  local run = current(id, token)
  results[i] = 0
  local sends = {}
  for j = 1, number() do sends[j] = { arg(), arg(), arg() } end
  if run then
    results[i] = 1
    local t, queue = key(id), run.queue
    if run.tag then ack(run.tag) end
    if kind == 'succeeded' then
      settle(id, queue, 'running', 'succeeded', nil, value, run)
    elseif kind == 'failed' or kind == 'cancelled' or kind == 'expired' then
      settle(id, queue, 'running', kind, value, nil, run)
    elseif run.cancel then
      local text = reason('CORTADO_TASK_CANCELLED', 'It was cancelled while it ran.')
      settle(id, queue, 'running', 'cancelled', text, nil, run)
      announce(id, 'cancelled', 'terminated')
      meta, results[i] = '', 2
    elseif kind == 'retrying' then
      stop(id, run)
      call('HSET', t, 'error', value, 'runAt', string.format('%.0f', runAt))
      due(id, queue, 'running', 'retrying', runAt, message)
    else
      stop(id, run)
      call('HINCRBY', t, 'attempt', -1)
      call('HSET', t, 'runAt', string.format('%.0f', runAt))
      due(id, queue, 'running', 'scheduled', runAt, message, true)
    end
    if meta ~= '' then announce(id, '', meta) end
    for _, send in ipairs(sends) do push(send[1], send[2], send[3]) end
  end
end
return answer(results)`,

  /** id, reason → cancelled, requested, over, or nothing. */
  cancel: `
local id, text = arg(), arg()
local task = call('HMGET', key(id), 'state', 'queue')
if not task[1] then return answer('') end
if over[task[1]] then return answer('over') end
if task[1] ~= 'running' then
  settle(id, task[2], task[1], 'cancelled', reason('CORTADO_TASK_CANCELLED', text))
  announce(id, 'cancelled', text)
  return answer('cancelled')
end
call('HSET', key(id), 'cancel', text)
changed[#changed + 1], interrupt = id, true
return answer('requested')`,

  /** reason, n, ids…: cancels what waits, and remembers ids that are not known yet. */
  revoke: `
local text = arg()
for i = 1, number() do
  local id = arg()
  local task = call('HMGET', key(id), 'state', 'queue')
  if not task[1] then
    call('ZADD', P .. 'revoked', shared(), id)
  elseif not over[task[1]] and task[1] ~= 'running' then
    settle(id, task[2], task[1], 'cancelled', reason('CORTADO_TASK_CANCELLED', text))
    announce(id, 'cancelled', text)
  end
end
call('ZREMRANGEBYSCORE', P .. 'revoked', '-inf', shared() - 10800000)
return answer(1)`,

  /** → how many became due. */
  promote: `
return answer(promote())`,

  /** maxCrashes → promoted, expired, next time, recovered, quarantined. */
  maintain: `
local maxCrashes = number()
local promoted = promote()
local expired = 0
for _, id in ipairs(call('ZRANGEBYSCORE', P .. 'expiring', '-inf', now, 'LIMIT', 0, 500)) do
  call('ZREM', P .. 'expiring', id)
  local task = call('HMGET', key(id), 'state', 'queue')
  if task[1] and not over[task[1]] and task[1] ~= 'running' then
    expired = expired + 1
    settle(id, task[2], task[1], 'expired', reason('CORTADO_TASK_EXPIRED', 'It was not started in time.'))
    announce(id, 'expired', 'expired')
  end
end
local recovered, quarantined = {}, {}
for _, worker in ipairs(call('ZRANGEBYSCORE', P .. 'workers', '-inf', shared(), 'LIMIT', 0, 20)) do
  for _, id in ipairs(call('SMEMBERS', P .. 'w:' .. worker)) do
    local what = recover(id, maxCrashes)
    if what == 'recovered' then recovered[#recovered + 1] = id end
    if what == 'quarantined' then quarantined[#quarantined + 1] = id end
  end
  call('DEL', P .. 'w:' .. worker)
  call('ZREM', P .. 'workers', worker)
  call('HDEL', P .. 'leases', worker)
end
-- What was noted for a broker that never confirmed it: the process that should have sent it is gone.
for _, id in ipairs(call('ZRANGEBYSCORE', P .. 'outgoing', '-inf', shared() - 5000, 'LIMIT', 0, 500)) do
  call('ZADD', P .. 'outgoing', shared(), id)
  out[#out + 1] = resend(id)
end
local nextDue = call('ZRANGE', P .. 'due', 0, 0, 'WITHSCORES')
return answer({ promoted, expired, nextDue[2] or '', recovered, quarantined })`,

  /** worker: it stops, so what it still runs counts as lost from now on. */
  leave: `
local worker = arg()
if call('SCARD', P .. 'w:' .. worker) > 0 then
  call('ZADD', P .. 'workers', 0, worker)
else
  call('ZREM', P .. 'workers', worker)
  call('HDEL', P .. 'leases', worker)
end
return answer(1)`,

  /** queue, concurrency, rate, per → how many may start now. */
  room: `
local queue, concurrency, rate, per = arg(), number(), number(), number()
local room = 1000000
if concurrency > 0 then room = concurrency - running(queue) end
if rate > 0 then
  call('ZREMRANGEBYSCORE', P .. 'starts:' .. queue, '-inf', shared() - per)
  room = math.min(room, rate - call('ZCARD', P .. 'starts:' .. queue))
end
return answer(math.max(0, room))`,

  /** n, ids… were sent; m, queues… whose workers are to be woken. */
  sent: `
local ids = {}
for i = 1, number() do
  ids[i] = arg()
  confirm(ids[i])
end
many('ZREM', P .. 'outgoing', ids)
for i = 1, number() do
  quiet = false
  wakes[arg()] = true
end
return answer(1)`,

  /** id, token, progress → whether the run is current. */
  progress: `
local id = arg()
if not current(id, arg()) then return answer(0) end
call('HSET', key(id), 'progress', arg())
changed[#changed + 1] = id
return answer(1)`,

  /** id, token, n, lines… → whether the run is current. */
  logs: `
local id = arg()
if not current(id, arg()) then return answer(0) end
for i = 1, number() do call('RPUSH', P .. 'logs:' .. id, arg()) end
changed[#changed + 1] = id
return answer(1)`,

  /** id, message → 1, 0 when it is not over (or succeeded), or nothing. */
  retry: `
local id, message = arg(), arg()
local t = key(id)
local task = call('HMGET', t, 'state', 'queue', 'runAt', 'unique', 'after')
if not task[1] then return answer('') end
if not over[task[1]] or task[1] == 'succeeded' then return answer(0) end
call('ZREM', P .. 'done:' .. task[1], id)
call('HDEL', t, 'error', 'finishedAt', 'progress', 'cancel', 'expiresAt', 'waits', 'tag')
call('HSET', t, 'attempt', 0, 'crashes', 0)
wait(id, task[2], task[1], tonumber(task[3]), nil, task[4] or nil, list(task[5]), message)
return answer(1)`,

  /** state, before, limit → how many were deleted. */
  prune: `
local state, before, limit = arg(), arg(), number()
local ids = call('ZRANGEBYSCORE', P .. 'done:' .. state, '-inf', '(' .. before, 'LIMIT', 0, limit)
for _, id in ipairs(ids) do
  local queue = call('HGET', key(id), 'queue')
  if queue then count(queue, state, -1) end
  call('DEL', key(id), P .. 'logs:' .. id)
  forget(id)
end
many('ZREM', P .. 'done:' .. state, ids)
many('ZREM', P .. 'all', ids)
return answer(#ids)`,

  /** n, (id, input, createdAt, runAt, expiresAt, priority, headers, attempt)… of adopted tasks: what the script could not read. */
  describe: `
for i = 1, number() do
  local id = arg()
  local t = key(id)
  call('HSET', t, 'input', arg(), 'createdAt', arg())
  local runAt, expiresAt = arg(), arg()
  call('HSET', t, 'runAt', runAt)
  if expiresAt ~= '' then call('HSET', t, 'expiresAt', expiresAt) end
  if expiresAt ~= '' and tonumber(runAt) > now then call('ZADD', P .. 'expiring', expiresAt, id) end
  call('HSET', t, 'priority', arg(), 'headers', arg(), 'attempt', arg())
end
return answer(1)`,

  /** n, tasks…: somebody else will send them; until then they wait. */
  expect: `
for i = 1, number() do
  local task = readTask()
  if call('EXISTS', key(task.id)) == 0 then
    call('HSET', key(task.id), 'name', task.name, 'queue', task.queue, 'input', task.input, 'createdAt', task.createdAt, 'runAt', task.runAt)
    listed[#listed + 1] = task.id
    change(task.id, task.queue, nil, 'scheduled')
  end
end
return answer(1)`,

  /** n, (id, queue, message)…: hands messages to the broker. */
  push: `
for i = 1, number() do
  local id, queue, message = arg(), arg(), arg()
  wakes[queue] = true
  push(id, queue, message)
end
return answer(1)`,

  /** id, state, value: what another kind of worker did to a task, as its results say. */
  observe: `
local id, state, value = arg(), arg(), arg()
local task = call('HMGET', key(id), 'state', 'queue')
if not task[1] or over[task[1]] or task[1] == state then return answer(0) end
if state == 'succeeded' then settle(id, task[2], task[1], state, nil, value)
elseif over[state] then settle(id, task[2], task[1], state, value)
else
  if value ~= '' then call('HSET', key(id), 'error', value) end
  call('ZREM', P .. 'expiring', id)
  change(id, task[2], task[1], state)
end
return answer(1)`,
} as const;
