import { columns } from './ledger-record.ts';

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
 * - `close_out(before)`: called before what the script noted is written; new tasks get the numbers after `before`.
 * - `resend(id)`: what to note again of a task that was noted for a process that never confirmed it; `confirm(id)`: it was sent.
 * - `forget(id)`: deletes what the broker's own result store has of a task.
 * - `message_of(id, tag, kept)`: the message of a run, `kept` being what the ledger has of it; nil where messages say nothing that it has not.
 * - `hold`: whether tasks wait for their time in the ledger, and not at the broker.
 *
 * Keys, all under one prefix: `t:<id>` hash of a task, whose `body` is what never changes · `all` ids by arrival · `due` ids by time ·
 * `expiring` ids by time · `done:<state>` ids by end · `workers` workers by the end of their lease · `leases` their length · `w:<worker>` ids
 * they run · `uq:<key>` id that holds a unique key · `dep:<id>` ids that wait for it · `logs:<id>` · `counts` tasks by queue and state ·
 * `outgoing` notes by time · `starts:<queue>` · `slots` · `unanswered` ids that ended without a run that could see to what follows, by time.
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
local function into(lists, name, value)
  local list = lists[name]
  if list then list[#list + 1] = value else lists[name] = { value } end
end
-- Tasks that the broker would not take, with its reason.
local unsent = {}
-- Set where tasks reach the broker only after the script: the process that sends them wakes the workers then.
local quiet = false
-- Set where a script makes tasks, and hands over all of them.
local all_new = false
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
-- Noted as one for all. Where all of them are new, their numbers in \`all\` tell which they are.
local function close_out(before)
  if #together == 0 then return end
  local note
  if all_new then
    note = string.format('#%.0f-%.0f', before + 1, before + #together)
  else
    note = table.concat(together, '\\n')
  end
  outgoing[#outgoing + 1] = note
  out[#out + 1] = note
end
local function ack() end
local function restore() end
local function renew() end
local function announce() end
local function resend(note)
  local first, last = string.match(note, '^#(%d+)%-(%d+)$')
  if not first then return note end
  return note .. '\\n' .. table.concat(call('ZRANGEBYSCORE', P .. 'all', first, last), '\\n')
end
local function confirm() end
local function forget() end
local function message_of() end
`;

export const steps: string = `
local over = { succeeded = true, failed = true, cancelled = true, expired = true }

local function count(queue, state, by)
  local states = counts[queue] or {}
  counts[queue] = states
  states[state] = (states[state] or 0) + by
end

-- How many tasks of a queue run now.
local function running(queue)
  return tonumber(call('HGET', P .. 'counts', queue .. '\\nrunning') or 0) + (counts[queue] and counts[queue].running or 0)
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
  local before = #listed > 0 and call('INCRBY', P .. 'seq', #listed) - #listed or 0
  close_out(before)
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
end

-- What there is to know before a task is changed.
local function look(id)
  local v = call('HMGET', key(id), 'state', 'queue', 'token', 'worker', 'tag', 'expiresAt', 'unique', 'error', 'message', 'cancel', 'unlisted',
    'dependents')
  return {
    state = v[1] or nil, queue = v[2] or nil, token = v[3] or nil, worker = v[4] or nil, tag = v[5] or nil, expiresAt = v[6] or nil,
    unique = v[7] or nil, error = v[8] or nil, message = v[9] or nil, cancel = v[10] or nil, unlisted = v[11] or nil,
    dependents = v[12] or nil,
  }
end

-- What a body says in its first line.
local function named(body)
  return cjson.decode(string.sub(body, 1, string.find(body, '\\n', 1, true) - 1)).name
end

local function name_of(id)
  local v = call('HMGET', key(id), 'name', 'body')
  return v[1] or (v[2] and named(v[2])) or ''
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

-- A task ended without a run of its own: its message says what follows from that, and waits for a worker that sees to it.
local function unanswered(id, message)
  if not message or message == '' then return end
  call('HSET', key(id), 'sent', message)
  call('ZADD', P .. 'unanswered', shared(), id)
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
    due(id, task[2], task[1], 'scheduled', tonumber(task[3] or 0), task[4])
  end
end

-- The end of a task, however it came.
settle = function(id, queue, from, state, failure, result, task)
  task = task or look(id)
  local fields = { 'finishedAt', ARGV[2] }
  if failure then fields[#fields + 1], fields[#fields + 2] = 'error', failure end
  if result then fields[#fields + 1], fields[#fields + 2] = 'result', result end
  change(id, queue, from, state, unpack(fields))
  if task.message and from ~= 'running' and (state == 'cancelled' or state == 'expired') then unanswered(id, task.message) end
  if task.message or task.cancel or task.tag or task.error then
    call('HDEL', key(id), 'message', 'cancel', 'tag', failure and 'none' or 'error')
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

-- Decides what a task waits for: others, its time, or a worker. \`fields\` are those of a new one.
local function wait(id, queue, from, runAt, expiresAt, unique, after, message, fields)
  local t = key(id)
  if unique then call('SET', P .. 'uq:' .. unique, id) end
  if expiresAt then call('ZADD', P .. 'expiring', expiresAt, id) end
  if #after == 0 then return due(id, queue, from, 'scheduled', runAt, message, nil, fields) end
  if fields then call('HSET', t, unpack(fields)) end
  local waits = 0
  for _, before in ipairs(after) do
    local other = call('HGET', key(before), 'state')
    if not other or (over[other] and other ~= 'succeeded') then
      local text = 'It waits for ' .. before .. ', which is gone.'
      if other then text = 'It waits for the result of "' .. name_of(before) .. '" (' .. before .. '), which is ' .. other .. '.' end
      return settle(id, queue, from, 'cancelled', reason('CORTADO_TASK_CANCELLED', text))
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

local function list(text)
  if not text or text == '' then return {} end
  return cjson.decode(text)
end

-- What stands for nothing is not stored.
local function optional(text) if text ~= '' then return text end end

local nothing = {}

-- Reads one new task off ARGV: what decides about it, and the fields of its hash.
local function readTask()
  local id, queue, body, runAt, expiresAt, unique = arg(), arg(), arg(), number(), optional(arg()), optional(arg())
  local after, message = optional(arg()), arg()
  local fields = { 'queue', queue, 'body', body }
  if runAt > now then fields[5], fields[6] = 'runAt', string.format('%.0f', runAt) end
  if expiresAt then fields[#fields + 1], fields[#fields + 2] = 'expiresAt', expiresAt end
  if unique then fields[#fields + 1], fields[#fields + 2] = 'unique', unique end
  if after then fields[#fields + 1], fields[#fields + 2] = 'after', after end
  return {
    id = id, queue = queue, runAt = runAt, expiresAt = expiresAt, unique = unique, after = list(after), message = message, body = body,
    fields = fields,
  }
end

-- How many of the keys are there: asked once for all.
local function present(keys)
  local found = 0
  for first = 1, #keys, 1000 do found = found + call('EXISTS', unpack(keys, first, math.min(first + 999, #keys))) end
  return found
end

-- Whether all of them are unknown yet, and no two the same.
local function allNew(tasks)
  local seen, keys = {}, {}
  for i, task in ipairs(tasks) do
    if seen[task.id] then return false end
    seen[task.id], keys[i] = true, key(task.id)
  end
  return present(keys) == 0
end

local function add(task, isNew)
  if not isNew and call('EXISTS', key(task.id)) == 1 then return task.id, 0 end
  if task.unique then
    local holder = call('GET', P .. 'uq:' .. task.unique)
    if holder and call('EXISTS', key(holder)) == 1 then return holder, 0 end
  end
  listed[#listed + 1] = task.id
  wait(task.id, task.queue, nil, task.runAt, task.expiresAt, task.unique, task.after, task.message, task.fields)
  return task.id, 1
end

local function unknownBefore(tasks)
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

-- The run that a worker holds, or nil when another has it.
local function current(id, token)
  local task = look(id)
  if task.state == 'running' and (task.token or '1') == token then return task end
end

local function stop(id, task)
  if task.worker then into(left, task.worker, id) end
  if task.tag then call('HDEL', key(id), 'tag') end
end

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

-- A run whose worker was lost.
local function recover(id, maxCrashes)
  local task = look(id)
  if task.state ~= 'running' then return 'gone' end
  local crashes = call('HINCRBY', key(id), 'crashes', 1)
  interrupt = true
  if task.cancel or crashes >= maxCrashes then unanswered(id, message_of(id, task.tag, task.message)) end
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
  if task.tag then call('HDEL', key(id), 'tag') end
  change(id, task.queue, 'running', 'queued')
  wakes[task.queue] = true
  restore(id, task.queue, task.tag)
  return 'recovered'
end

-- The columns of a task, by their numbers: a list costs a script less than a table by names.
${columns.map((name, at) => `local c_${name} = ${at + 1}`).join('\n')}
local function whole(id)
  return call('HMGET', key(id), ${columns.map((name) => `'${name}'`).join(', ')})
end

-- Most tasks start for the first time, and at once: nothing else need be known of those, and that token and attempt are 1 goes without saying.
local function first_start(id, queue, worker)
  local t = key(id)
  local task = call('HMGET', t, 'state', 'queue', 'body', 'startedAt', 'attempt', 'runAt', 'expiresAt', 'message')
  if task[1] ~= 'queued' or task[2] ~= queue or not task[3] then return end
  for i = 4, 8 do if task[i] then return end end
  change(id, task[2], 'queued', 'running', 'startedAt', ARGV[2], 'worker', worker)
  into(taken, worker, id)
  return task[3]
end

-- A provisional end: nobody has run the task, and later news may be otherwise.
local function take_back(id, state)
  call('ZREM', P .. 'done:' .. state, id)
  call('HDEL', key(id), 'provisional', 'finishedAt', 'error')
end

-- Gives a delivered task to a worker, or says why not: drop (it is over), hold (it is not due). Returns its columns and its token as well.
local function start(id, queue, tag, worker, raw, name)
  if tag == '' then tag = nil end
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
    if call('ZSCORE', P .. 'revoked', id) then
      ack(tag)
      settle(id, queue, nil, 'cancelled', reason('CORTADO_TASK_CANCELLED', 'It was revoked.'))
      announce(id, 'cancelled', 'revoked')
      unanswered(id, raw)
      return 'drop', whole(id)
    end
  elseif over[state] and (not task[c_provisional] or call('ZSCORE', P .. 'revoked', id)) then
    ack(tag)
    if state == 'cancelled' or state == 'expired' then unanswered(id, raw) end
    return 'drop', task
  elseif (state == 'scheduled' or state == 'retrying') and tonumber(task[c_runAt] or 0) > now then
    ack(tag)
    call('ZADD', P .. 'due', task[c_runAt], id)
    -- What the ledger has already says more: which attempt it is.
    if raw and not old_message then call('HSET', t, 'message', raw) end
    return 'hold', task
  elseif expiresAt and tonumber(expiresAt) <= now and call('ZSCORE', P .. 'expiring', id) then
    ack(tag)
    settle(id, task[c_queue], state, 'expired', reason('CORTADO_TASK_EXPIRED', 'It was not started in time.'))
    announce(id, 'expired', 'expired')
    unanswered(id, raw)
    return 'drop', whole(id)
  elseif state == 'running' and (keep or (tag and task[c_tag] and tag ~= task[c_tag])) then
    -- A second message of one task: it was cancelled while the first one waited at the broker, and retried.
    ack(tag)
    return 'drop', task
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
  if tag or keep then
    local fields = {}
    if keep and raw then fields[1], fields[2] = 'message', raw end
    if tag then fields[#fields + 1], fields[#fields + 2] = 'tag', tag end
    if #fields > 0 then call('HSET', t, unpack(fields)) end
  end
  change(id, task[c_queue], state, 'running', 'token', token, 'attempt', attempt, 'startedAt', ARGV[2], 'worker', worker)
  into(taken, worker, id)
  return verdict, task, token
end

-- Reads off ARGV what follows from an end: messages, and tasks that end with it.
local function readFollowers()
  local sends, others = {}, {}
  for j = 1, number() do sends[j] = { arg(), arg(), arg() } end
  for j = 1, number() do others[j] = { arg(), arg(), arg(), arg() } end
  return sends, others
end

local function follow(sends, others)
  for _, send in ipairs(sends) do push(send[1], send[2], send[3]) end
  for _, other in ipairs(others) do
    local id, state, value, meta = unpack(other)
    local task = call('HMGET', key(id), 'state', 'queue')
    if not task[1] or not (over[task[1]] or task[1] == 'running') then
      if task[1] then
        settle(id, task[2], task[1], state, value)
        call('HSET', key(id), 'provisional', '1')
      end
      if meta ~= '' then announce(id, '', meta) end
    end
  end
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

-- What was noted for a broker that never confirmed it: the process that should have sent it is gone, or the broker would not have it.
local function send_again()
  for _, id in ipairs(call('ZRANGEBYSCORE', P .. 'outgoing', '-inf', shared() - 5000, 'LIMIT', 0, 500)) do
    call('ZADD', P .. 'outgoing', shared(), id)
    out[#out + 1] = resend(id)
  end
end

-- A task that can never reach a worker has failed, and is no reason for others to.
local function fail_unsent()
  for _, refusal in ipairs(unsent) do
    local id, text = refusal[1], 'Its queue cannot be used: ' .. refusal[2]
    local task = look(id)
    if task.state and not over[task.state] then
      settle(id, task.queue, task.state, 'failed', reason('CORTADO_QUEUE_UNREACHABLE', text), nil, task)
    end
    announce(id, 'failed', text)
  end
end

local function answer(value)
  if #unsent > 0 then fail_unsent() end
  write()
  if #changed > 0 and call('PUBSUB', 'NUMSUB', P .. 'changed')[2] > 0 then
    call('PUBLISH', P .. 'changed', table.concat(changed, '\\n'))
  end
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
  /** (id, queue, body)… of tasks that are due, wait for nothing, and differ in their ids → places of those that were known already. */
  enqueuePlain: `
local keys, places = {}, {}
for i = 1, (#ARGV - 2) / 3 do keys[i] = key(ARGV[3 * i]) end
local known = present(keys)
for i = 1, #keys do
  local id, queue = ARGV[3 * i], ARGV[3 * i + 1]
  if known > 0 and call('EXISTS', keys[i]) == 1 then
    places[#places + 1] = i - 1
  else
    call('HSET', keys[i], 'state', 'queued', 'queue', queue, 'body', ARGV[3 * i + 2])
    count(queue, 'queued', 1)
    listed[#listed + 1], changed[#changed + 1], wakes[queue] = id, id, true
    push(id, queue)
  end
end
all_new = #places == 0
return answer(places)`,

  /** n, tasks… → unknown dependency, or pairs of id and whether it was created. */
  enqueue: `
local tasks = {}
for i = 1, number() do tasks[i] = readTask() end
local unknown = unknownBefore(tasks)
if unknown then return { unknown, {} } end
local results, isNew = {}, allNew(tasks)
for i, task in ipairs(tasks) do
  local id, created = add(task, isNew)
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

  /**
   * worker, lease, m of (queue, concurrency, rate, per, whether with tags, n of (id, name, tag?, message?)) → bodies of those that start for
   * the first time, verdicts and columns of the others.
   */
  start: `
local worker, lease = arg(), number()
call('ZADD', P .. 'workers', shared() + lease, worker)
call('HSET', P .. 'leases', worker, lease)
local results = {}
for i = 1, number() do
  local queue, concurrency, rate, per, hasTags = arg(), number(), number(), number(), arg() == '1'
  local starts = P .. 'starts:' .. queue
  if rate > 0 then call('ZREMRANGEBYSCORE', starts, '-inf', shared() - per) end
  for j = 1, number() do
    local id, name, tag, message = arg(), arg(), nil, ''
    if hasTags then tag, message = arg(), arg() end
    if (concurrency > 0 and running(queue) >= concurrency) or (rate > 0 and call('ZCARD', starts) >= rate) then
      results[#results + 1] = { 'later' }
    else
      local body, verdict, task, token = not hasTags and first_start(id, queue, worker), nil, nil, '1'
      if not body then verdict, task, token = start(id, queue, tag, worker, optional(message), name) end
      if rate > 0 and token then
        call('ZADD', starts, shared(), id .. token)
        call('PEXPIRE', starts, per)
      end
      results[#results + 1] = body or { verdict, task }
    end
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

  /**
   * n, (id, token, kind, value, and but for the kind `done`: runAt, message, announcement, m, (id, queue, message)…, k, (id, state, value,
   * announcement)… of others that end with it)… → 1, 0 for a lost one, 2 for one that was to be cancelled. `done` is `succeeded`, and nothing
   * else to do.
   */
  finish: `
local results = {}
for i = 1, number() do
  local id, token, kind, value = arg(), arg(), arg(), arg()
  local runAt, message, meta, sends, others, run = 0, '', '', nothing, nothing, nil
  results[i] = 0
  if kind ~= 'done' then
    runAt, message, meta = number(), arg(), arg()
    sends, others = readFollowers()
    run = current(id, token)
  elseif plain_end(id, token, value) then
    results[i] = 1
  else
    kind, run = 'succeeded', current(id, token)
  end
  if run then
    results[i] = 1
    local t, queue = key(id), run.queue
    if run.tag then ack(run.tag) end
    if kind == 'succeeded' then
      settle(id, queue, 'running', 'succeeded', nil, value, run)
    elseif kind == 'failed' or kind == 'cancelled' or kind == 'expired' then
      settle(id, queue, 'running', kind, value, nil, run)
      if message ~= '' then call('HSET', t, 'sent', message) end
    elseif run.cancel then
      local text = reason('CORTADO_TASK_CANCELLED', 'It was cancelled while it ran.')
      settle(id, queue, 'running', 'cancelled', text, nil, run)
      announce(id, 'cancelled', 'terminated')
      unanswered(id, message)
      meta, results[i] = '', 2
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
    if meta ~= '' then announce(id, '', meta) end
    follow(sends, others)
  end
end
return answer(results)`,

  /** id, reason → cancelled, requested, over, or nothing. */
  cancel: `
local id, text = arg(), arg()
local task = call('HMGET', key(id), 'state', 'queue', 'provisional')
if not task[1] then return answer('') end
if task[3] then take_back(id, task[1]) elseif over[task[1]] then return answer('over') end
if task[1] ~= 'running' then
  settle(id, task[2], task[1], 'cancelled', reason('CORTADO_TASK_CANCELLED', text))
  announce(id, 'cancelled', text)
  return answer('cancelled')
end
call('HSET', key(id), 'cancel', text)
changed[#changed + 1], interrupt = id, true
return answer('requested')`,

  /**
   * reason, n, ids…: cancels what waits, and remembers the ids. One whose message is not here may have been started by another kind of worker,
   * which has the last word.
   */
  revoke: `
local text = arg()
for i = 1, number() do
  local id = arg()
  local task = call('HMGET', key(id), 'state', 'queue', 'message')
  local waits = task[1] and not over[task[1]] and task[1] ~= 'running'
  if not task[1] or waits then call('ZADD', P .. 'revoked', shared(), id) end
  if waits then
    settle(id, task[2], task[1], 'cancelled', reason('CORTADO_TASK_CANCELLED', text))
    announce(id, 'cancelled', 'revoked')
    if not task[3] then call('HSET', key(id), 'provisional', '1') end
  end
end
call('ZREMRANGEBYSCORE', P .. 'revoked', '-inf', shared() - 10800000)
return answer(1)`,

  /** since, limit → ids of what was cancelled or revoked since then, the newest first. */
  revoked: `
local since, limit = arg(), number()
local ids = call('ZREVRANGEBYSCORE', P .. 'done:cancelled', '+inf', since, 'LIMIT', 0, limit)
for _, id in ipairs(call('ZREVRANGEBYSCORE', P .. 'revoked', '+inf', since, 'LIMIT', 0, limit)) do ids[#ids + 1] = id end
return answer(ids)`,

  /** → how many became due. Sends again what was not sent as well, since a process that only calls does no more than this. */
  promote: `
send_again()
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
send_again()
local nextDue = call('ZRANGE', P .. 'due', 0, 0, 'WITHSCORES')
return answer({ promoted, expired, nextDue[2] or '', recovered, quarantined })`,

  /** id: of this ledger, unless it has one → its id. */
  identify: `
call('SET', P .. 'identity', arg(), 'NX')
return answer(call('GET', P .. 'identity'))`,

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

  /**
   * id, message, whether it is made of the one that was kept → 1, 0 when it is not over (or succeeded), 2 when that has changed, nothing, or the
   * id of the task that has its unique key.
   */
  retry: `
local id, message, kept = arg(), arg(), arg() == '1'
local t = key(id)
local task = call('HMGET', t, 'state', 'queue', 'runAt', 'unique', 'after', 'expected', 'sent')
if not task[1] then return answer('') end
if not over[task[1]] or task[1] == 'succeeded' then return answer(0) end
local holder = task[4] and call('GET', P .. 'uq:' .. task[4])
if holder and holder ~= id then return answer(holder) end
-- Its message has come since the caller looked.
if kept ~= (task[7] and true or false) then return answer(2) end
call('ZREM', P .. 'done:' .. task[1], id)
call('ZREM', P .. 'unanswered', id)
call('ZREM', P .. 'revoked', id)
call('HDEL', t, 'error', 'finishedAt', 'progress', 'cancel', 'expiresAt', 'waits', 'tag', 'provisional', 'sent')
call('HSET', t, 'attempt', 0, 'crashes', 0, 'retried', 1)
-- Else the end of the former runs would be read there as this one's.
forget(id)
if task[6] and message == '' then
  -- Its message has yet to come from whoever runs the task before it.
  change(id, task[2], task[1], 'scheduled')
  return answer(1)
end
wait(id, task[2], task[1], tonumber(task[3] or 0), nil, task[4] or nil, list(task[5]), message)
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
many('ZREM', P .. 'unanswered', ids)
return answer(#ids)`,

  /** n, (id, name, input, createdAt, runAt, expiresAt, priority, headers, attempt)… of tasks that run: what their messages say. */
  describe: `
for i = 1, number() do
  local id = arg()
  local t = key(id)
  call('HSET', t, 'name', arg(), 'input', arg(), 'createdAt', arg(), 'foreign', '1')
  call('HDEL', t, 'expected')
  local runAt, expiresAt = arg(), arg()
  call('HSET', t, 'runAt', runAt)
  if expiresAt ~= '' then call('HSET', t, 'expiresAt', expiresAt) end
  if expiresAt ~= '' and tonumber(runAt) > now then call('ZADD', P .. 'expiring', expiresAt, id) end
  call('HSET', t, 'priority', arg(), 'headers', arg(), 'attempt', arg())
end
return answer(1)`,

  /** n, tasks…: somebody else will send them; until then they wait. What they are is told by the messages that come. */
  expect: `
for i = 1, number() do
  local task = readTask()
  if call('EXISTS', key(task.id)) == 0 then
    call('HSET', key(task.id), 'expected', '1', unpack(task.fields))
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

  /**
   * id, state, value, whether it is hearsay: what another kind of worker did to a task, as its results say. Hearsay is a cancellation that any
   * worker notes which is told of one, also of a task that it never had: a run of ours goes on, and any later news has the last word.
   */
  observe: `
local id, state, value, hearsay = arg(), arg(), arg(), arg() == '1'
local task = call('HMGET', key(id), 'state', 'queue', 'worker', 'provisional', 'retried', 'expected', 'message')
local from, queue = task[1], task[2]
if not from or (over[from] and not task[4]) then return answer(0) end
if from == state then
  if task[4] and state == 'cancelled' and not hearsay then call('HDEL', key(id), 'provisional') end
  return answer(0)
end
if state == 'cancelled' and from == 'running' and task[3] then return answer(0) end
-- It is said of a run before the retry, or of a task that waits here for its time.
if hearsay and (task[5] or task[7]) then return answer(0) end
if task[4] then take_back(id, from) end
if state == 'succeeded' then settle(id, queue, from, state, nil, value)
elseif over[state] then
  settle(id, queue, from, state, value)
  -- Or it ended with the task before it, which may be retried.
  if hearsay or task[6] then call('HSET', key(id), 'provisional', '1') end
else
  if value ~= '' then call('HSET', key(id), 'error', value) end
  call('ZREM', P .. 'expiring', id)
  change(id, queue, from, state)
end
return answer(1)`,

  /** limit → (id, state, error, message, whether the ledger had all of the task before its message came)… of ends that nobody has answered for; nobody else gets them for half a minute. */
  unanswered: `
local results = {}
for _, id in ipairs(call('ZRANGEBYSCORE', P .. 'unanswered', '-inf', shared(), 'LIMIT', 0, number())) do
  call('ZADD', P .. 'unanswered', shared() + 30000, id)
  local task = call('HMGET', key(id), 'state', 'error', 'sent', 'foreign', 'expected')
  results[#results + 1] = { id, task[1] or '', task[2] or '', task[3] or '', (task[4] or task[5]) and 0 or 1 }
end
return answer(results)`,

  /** n, (id, whether its message is kept for a retry, m, (id, queue, message)…, k, (id, state, value, announcement)…)…: they are answered for. */
  answered: `
for i = 1, number() do
  local id, keeps = arg(), arg() == '1'
  local sends, others = readFollowers()
  -- Unless it was retried meanwhile.
  if call('ZREM', P .. 'unanswered', id) == 1 then
    if not keeps then call('HDEL', key(id), 'sent') end
    follow(sends, others)
  end
end
return answer(1)`,
} as const;
