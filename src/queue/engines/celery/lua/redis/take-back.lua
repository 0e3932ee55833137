--- Takes the message of a task that was cancelled off the list that it waits in. Of a long list it looks at both ends: Redis does nothing else
--- meanwhile, some 20 ms for messages of a kilobyte.
--- Keys: t:, unanswered, and the broker's lists
--- Arguments: id, n, n × list
--- Answer: whether it was there (1 or 0)
--- @include unanswered
local most = 5000
local id = arg()
-- Unless it was retried meanwhile.
if call('HGET', key(id), 'state') ~= 'cancelled' then return { 0, {} } end
local function is_its(raw)
  if not string.find(raw, id, 1, true) then return false end
  local fine, message = pcall(cjson.decode, raw)
  if not fine or type(message) ~= 'table' then return false end
  local headers, properties = message.headers, message.properties
  if type(headers) == 'table' and type(headers.id) == 'string' then return headers.id == id end
  return type(properties) == 'table' and properties.correlation_id == id
end
for _ = 1, number() do
  local list = arg()
  local length = redis.pcall('LLEN', list)
  length = type(length) == 'number' and length or 0
  for first = 0, length - 1, 100 do
    if first < most or first >= length - most then
      for _, raw in ipairs(call('LRANGE', list, first, first + 99)) do
        if is_its(raw) then
          unanswered(id, list .. '\n' .. raw)
          return { call('LREM', list, first < most and 1 or -1, raw), {} }
        end
      end
    end
  end
end
return { 0, {} }
