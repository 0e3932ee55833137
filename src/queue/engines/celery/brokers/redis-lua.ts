/** What stands before the exchange, the routing key and the suffix of a message that goes through an exchange. */
export const exchangeMark = '\x01';

/** What the hooks depend on. */
export interface RedisLayout {
  readonly keyPrefix: string;
  /** Milliseconds. */
  readonly resultExpires: number;
  /** Number of the broker's database, and of the one that has the results. */
  readonly database: number;
  readonly backendDatabase: number;
}

/**
 * Celery's layout of a Redis broker, as hooks of the ledger. What kombu does in several steps, and loses tasks between, is one step here: a
 * message leaves its list and enters `unacked` in the same script.
 *
 * The message that `push` gets is the name of its list, a line break, and the envelope. In place of a list it can have an exchange, a routing
 * key and the suffix of a priority, each after the mark: it goes to every queue that is bound so.
 */
export const redisHooks = (layout: RedisLayout): string => `
local hold = true
local G = ${luaText(layout.keyPrefix)}
local function seconds()
  local time = call('TIME')
  return time[1] .. '.' .. string.format('%06d', time[2])
end
-- Whether a key fits one with stars for a word and hashes for any number of them.
local function is_topic(words, key, at)
  local word = words[at]
  if not word then return key == '' end
  if word == '#' then
    repeat
      if is_topic(words, key, at + 1) then return true end
      key = string.match(key, '^[^.]*%.?(.*)$')
    until key == ''
    return is_topic(words, key, at + 1)
  end
  if key == '' then return false end
  local first, rest = string.match(key, '^([^.]*)%.?(.*)$')
  return (word == '*' or word == first) and is_topic(words, rest, at + 1)
end
-- The lists of the queues that are bound to an exchange. One that nobody has bound is kept under its routing key, so that it is not lost.
local function lists_of(target)
  local exchange, key, suffix = string.match(target, '^\\1([^\\1]*)\\1([^\\1]*)\\1(.*)$')
  local lists = {}
  for _, binding in ipairs(call('SMEMBERS', G .. '_kombu.binding.' .. exchange)) do
    local bound, pattern, queue = string.match(binding, '^(.-)\\6\\22(.-)\\6\\22(.*)$')
    local words = {}
    for word in string.gmatch(bound or '', '[^.]+') do words[#words + 1] = word end
    if bound == key or (pattern ~= '' and is_topic(words, key, 1)) then lists[#lists + 1] = G .. queue .. suffix end
  end
  return #lists > 0 and lists or { G .. key .. suffix }
end
local function push(id, queue, message, front)
  if not message or message == '' then return end
  local cut = string.find(message, '\\n', 1, true)
  local target, raw = string.sub(message, 1, cut - 1), string.sub(message, cut + 1)
  local lists = string.byte(target, 1) == 1 and lists_of(target) or { target }
  for _, list in ipairs(lists) do
    local reply = redis.pcall(front and 'RPUSH' or 'LPUSH', list, raw)
    if type(reply) == 'table' and reply.err then unsent[#unsent + 1] = { id, reply.err } end
  end
end
local function ack(tag)
  call('ZREM', G .. 'unacked_index', tag)
  call('HDEL', G .. 'unacked', tag)
end
local function unpack_raw(packed)
  return string.match(packed, '^%[(.*),%s*"([^"]*)",%s*"([^"]*)"%]$')
end
local function restore(id, queue, tag)
  local packed = tag and call('HGET', G .. 'unacked', tag)
  if not packed then return end
  local raw = unpack_raw(packed)
  ack(tag)
  call('RPUSH', call('HGET', P .. 't:' .. id, 'list'), raw)
end
local function message_of(id, tag)
  local packed = tag and call('HGET', G .. 'unacked', tag)
  return packed and call('HGET', P .. 't:' .. id, 'list') .. '\\n' .. unpack_raw(packed)
end
local function renew(tag)
  call('ZADD', G .. 'unacked_index', 'XX', seconds(), tag)
end
local function close_out() end
local function resend(id) return id end
local function confirm() end
${resultHooks(layout)}`;

/** Celery's result store, as hooks of the ledger. */
const resultHooks = ({ resultExpires, database, backendDatabase }: RedisLayout): string => `
local function in_backend(work)
  ${backendDatabase === database ? 'return work()' : `call('SELECT', ${backendDatabase}); local value = work(); call('SELECT', ${database}); return value`}
end
local kinds = {
  cancelled = { 'REVOKED', 'TaskRevokedError', 'celery.exceptions' },
  expired = { 'REVOKED', 'TaskRevokedError', 'celery.exceptions' },
  failed = { 'FAILURE', 'WorkerLostError', 'billiard.exceptions' },
}
local function announce(id, state, text)
  local meta = text
  if state ~= '' then
    local kind = kinds[state]
    meta = '{"status":"' .. kind[1] .. '","result":{"exc_type":"' .. kind[2] .. '","exc_message":[' .. cjson.encode(text)
      .. '],"exc_module":"' .. kind[3] .. '"},"traceback":null,"children":[],"date_done":null,"task_id":' .. cjson.encode(id) .. '}'
  end
  local name = G .. 'celery-task-meta-' .. id
  in_backend(function()
    call('SET', name, meta, 'PX', ${resultExpires})
    call('PUBLISH', name, meta)
  end)
end
local function forget(id)
  in_backend(function() call('DEL', G .. 'celery-task-meta-' .. id) end)
end
`;

/**
 * A ledger in the result store of a broker elsewhere: what is to be sent is noted, with a number that the process confirms. The ledger keeps
 * each message while its task runs, and sends it again when the worker is lost; the broker need not notice.
 */
export const amqpHooks = (layout: RedisLayout): string => `
local hold = true
quiet, keep = true, true
local G = ${luaText(layout.keyPrefix)}
local function push(id, queue, message)
  if not message or message == '' then return end
  local number = tostring(call('INCR', P .. 'outseq'))
  call('HSET', P .. 'out', number, message)
  outgoing[#outgoing + 1] = number
  out[#out + 1] = number .. '\\n' .. message
end
local function ack() end
local function renew() end
local function message_of(id, tag, kept) return kept end
local function restore(id, queue)
  push(id, queue, call('HGET', P .. 't:' .. id, 'message'))
end
local function close_out() end
local function resend(number)
  return number .. '\\n' .. (call('HGET', P .. 'out', number) or '')
end
local function confirm(number)
  call('HDEL', P .. 'out', number)
end
${resultHooks(layout)}`;

/** Counting the parts of chords. */
export const chordScripts: Readonly<Record<string, string>> = {
  /** group, id, index, member, expires (ms) → all members once the last part of the chord is there. */
  chord: `
local group, id, index, member, expires = arg(), arg(), arg(), arg(), number()
local base = G .. 'celery-taskset-meta-' .. group
local parts, own = base .. '.j', P .. 'chord:' .. group
-- A part that ran twice counts once, also when its results differ.
local before = call('HGET', own, id)
call('HSET', own, id, member)
call('PEXPIRE', own, expires)
return answer(in_backend(function()
  if before and before ~= member then call('ZREM', parts, before) end
  call('ZADD', parts, index, member)
  call('PEXPIRE', parts, expires)
  local size = tonumber(call('GET', base .. '.s'))
  local more = tonumber(call('GET', base .. '.t') or 0)
  if size and call('ZCARD', parts) == size + more then return call('ZRANGE', parts, 0, -1) end
  return {}
end))`,
};

// Messages at each end of a list. Redis does nothing else meanwhile: some 20 ms for messages of a kilobyte.
const mostLookedAt = 5000;

/** Scripts that only the Redis broker has. */
export const redisScripts: Readonly<Record<string, string>> = {
  /** worker, lease, limit, m, list suffixes…, n, (queue, list, limit, concurrency, rate, per)… → verdict, id, task, list, message. */
  claim: `
local worker, lease, limit = arg(), number(), number()
local suffixes = {}
for i = 1, number() do suffixes[i] = arg() end
call('ZADD', P .. 'workers', shared() + lease, worker)
call('HSET', P .. 'leases', worker, lease)
local results = {}
for i = 1, number() do
  local queue, base, most, concurrency, rate, per = arg(), arg(), number(), number(), number(), number()
  local starts = P .. 'starts:' .. queue
  most = math.min(most, limit)
  if concurrency > 0 then
    most = math.min(most, concurrency - running(queue))
  end
  if rate > 0 then
    call('ZREMRANGEBYSCORE', starts, '-inf', shared() - per)
    most = math.min(most, rate - call('ZCARD', starts))
  end
  for _, suffix in ipairs(suffixes) do
    local from = base .. suffix
    while most > 0 do
      local raw = redis.pcall('RPOP', from)
      if not raw then break end
      if type(raw) == 'table' then
        results[#results + 1] = { 'refused', '', {}, from, raw.err }
        break
      end
      local fine, message = pcall(cjson.decode, raw)
      local headers = fine and type(message) == 'table' and type(message.headers) == 'table' and message.headers or {}
      local properties = fine and type(message) == 'table' and type(message.properties) == 'table' and message.properties or {}
      local id = type(headers.id) == 'string' and headers.id or properties.correlation_id
      if type(id) ~= 'string' then id = string.match(raw, '"correlation_id": ?"([^"\\\\]+)"') end
      local tag = properties.delivery_tag
      -- The same one when it is delivered again.
      if type(tag) ~= 'string' then tag = 'cortado-' .. redis.sha1hex(raw) end
      call('HSET', G .. 'unacked', tag, '[' .. raw .. ',"","' .. string.sub(base, #G + 1) .. '"]')
      call('ZADD', G .. 'unacked_index', seconds(), tag)
      if not id then
        -- Nobody can be told what became of it.
        ack(tag)
        results[#results + 1] = { 'broken', '', {}, from, raw }
      else
        local verdict, task, token = start(id, queue, tag, worker, from .. '\\n' .. raw, type(headers.task) == 'string' and headers.task or '')
        if token then
          call('HSET', key(id), 'list', from)
          results[#results + 1] = { verdict, id, task, from, raw }
          if rate > 0 then
            call('ZADD', starts, shared(), id .. '-' .. token)
            call('PEXPIRE', starts, per)
          end
          most, limit = most - 1, limit - 1
        end
      end
    end
  end
end
return answer(results)`,

  /** id, n, lists…: takes the message of a task off the list that it waits in. Looks at both ends of a long one. → whether it was there. */
  takeBack: `
local id = arg()
-- Unless it was retried meanwhile.
if call('HGET', key(id), 'state') ~= 'cancelled' then return answer(0) end
local function is_its(raw)
  if not string.find(raw, id, 1, true) then return false end
  local fine, message = pcall(cjson.decode, raw)
  if not fine or type(message) ~= 'table' then return false end
  local headers, properties = message.headers, message.properties
  if type(headers) == 'table' and type(headers.id) == 'string' then return headers.id == id end
  return type(properties) == 'table' and properties.correlation_id == id
end
for i = 1, number() do
  local list = arg()
  local length = redis.pcall('LLEN', list)
  length = type(length) == 'number' and length or 0
  for first = 0, length - 1, 100 do
    if first < ${mostLookedAt} or first >= length - ${mostLookedAt} then
      for _, raw in ipairs(call('LRANGE', list, first, first + 99)) do
        if is_its(raw) then
          unanswered(id, list .. '\\n' .. raw)
          return answer(call('LREM', list, first < ${mostLookedAt} and 1 or -1, raw))
        end
      end
    end
  end
end
return answer(0)`,

  /** visibility timeout (seconds), suffix of each step…: gives back what Python workers took and never finished. */
  restore: `
local timeout = number()
local restored = 0
for _, tag in ipairs(call('ZRANGEBYSCORE', G .. 'unacked_index', '-inf', seconds() - timeout, 'LIMIT', 0, 100)) do
  local packed = call('HGET', G .. 'unacked', tag)
  ack(tag)
  if packed then
    local raw, exchange, routing = unpack_raw(packed)
    if raw then
      local list = routing
      if exchange ~= '' then
        for _, binding in ipairs(call('SMEMBERS', G .. '_kombu.binding.' .. exchange)) do
          local bound, queue = string.match(binding, '^(.-)\\6\\22.-\\6\\22(.*)$')
          if bound == routing then list = queue end
        end
      end
      local fine, message = pcall(cjson.decode, raw)
      local headers = fine and type(message.headers) == 'table' and message.headers or {}
      local known = type(headers.id) == 'string' and call('HMGET', key(headers.id), 'state', 'provisional') or {}
      local priority = fine and type(message.properties) == 'table' and tonumber(message.properties.priority) or 0
      local step = 0
      for _, candidate in ipairs({ 3, 6, 9 }) do if priority >= candidate then step = candidate end end
      local target = G .. list .. (step > 0 and ('\\6\\22' .. step) or '')
      -- What was cancelled meanwhile must not reach another worker in Python.
      if known[1] ~= 'cancelled' or known[2] then
        call('RPUSH', target, raw)
        restored = restored + 1
      else
        unanswered(headers.id, target .. '\\n' .. raw)
      end
    end
  end
end
return answer(restored)`,

  ...chordScripts,
};

function luaText(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&').replaceAll('\n', '\\n')}'`;
}
