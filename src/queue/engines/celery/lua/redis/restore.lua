--- Gives back what Python workers took and never finished.
--- Keys: unacked, unacked_index, _kombu.binding., t:, unanswered, and the broker's lists
--- Arguments: visibility timeout (seconds)
--- Answer: how many were given back
--- @include layout, seconds, ack, unpack-raw, unanswered
local timeout = number()
local restored = 0
for _, tag in ipairs(call('ZRANGEBYSCORE', G .. 'unacked_index', '-inf', seconds() - timeout, 'LIMIT', 0, 100)) do
  local packed = call('HGET', G .. 'unacked', tag)
  ack(tag)
  local raw, exchange, list
  if packed then raw, exchange, list = unpack_raw(packed) end
  if raw then
    if exchange ~= '' then
      local routing = list
      for _, binding in ipairs(call('SMEMBERS', G .. '_kombu.binding.' .. exchange)) do
        local bound, queue = string.match(binding, '^(.-)\6\22.-\6\22(.*)$')
        if bound == routing then list = queue end
      end
    end
    local fine, message = pcall(cjson.decode, raw)
    local headers = fine and type(message.headers) == 'table' and message.headers or {}
    local known = type(headers.id) == 'string' and call('HMGET', key(headers.id), 'state', 'provisional') or {}
    local priority = fine and type(message.properties) == 'table' and tonumber(message.properties.priority) or 0
    local step = 0
    for _, candidate in ipairs({ 3, 6, 9 }) do if priority >= candidate then step = candidate end end
    local target = G .. list .. (step > 0 and ('\6\22' .. step) or '')
    -- What was cancelled meanwhile must not reach another worker in Python.
    if known[1] ~= 'cancelled' or known[2] then
      call('RPUSH', target, raw)
      restored = restored + 1
    else
      unanswered(headers.id, target .. '\n' .. raw)
    end
  end
end
return { restored, {} }
