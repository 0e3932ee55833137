--- push(id, queue, message, front): puts a message into its list. It is the name of the list, a line break, and the envelope; in place of a list it
--- can have what `lists_of` takes.
--- @include lists-of
-- Tasks that the broker would not take, with its reason.
local unsent = {}
local function push(id, _, message, front)
  if not message or message == '' then return end
  local cut = string.find(message, '\n', 1, true)
  local target, raw = string.sub(message, 1, cut - 1), string.sub(message, cut + 1)
  local lists = string.byte(target, 1) == 1 and lists_of(target) or { target }
  for _, list in ipairs(lists) do
    local reply = redis.pcall(front and 'RPUSH' or 'LPUSH', list, raw)
    if type(reply) == 'table' and reply.err then unsent[#unsent + 1] = { id, reply.err } end
  end
end
