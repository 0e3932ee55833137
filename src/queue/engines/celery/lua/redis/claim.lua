--- Takes messages off their lists, and starts their tasks. What kombu does in several steps, and loses tasks between, is one step: a message leaves
--- its list and enters `unacked` at once.
--- Keys: those of `start`, and unacked, unacked_index and the broker's lists
--- Arguments: worker, lease, limit, m, m × suffix of a list, n, n × (queue, list, limit, concurrency or 0, rate or 0, per)
--- Answer: (verdict, id, columns, list, message) for each; with the verdict `refused` the message is Redis' reason, and with `broken` it has no id
--- @include layout, lease, running, seconds, ack, begin, answer
local worker, length, limit = arg(), number(), number()
local suffixes = {}
for i = 1, number() do suffixes[i] = arg() end
lease(worker, length)
local results = {}
for _ = 1, number() do
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
      if type(id) ~= 'string' then id = string.match(raw, '"correlation_id": ?"([^"\\]+)"') end
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
        local name = type(headers.task) == 'string' and headers.task or ''
        local verdict, task, token = begin(id, queue, tag, worker, from .. '\n' .. raw, name)
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
return answer(results)
