--- read_task(): one new task off ARGV: what decides about it, and the fields of its hash. Its arguments: id, queue, body, runAt, expiresAt or '',
--- unique or '', after (JSON list) or '', message or ''.
--- @include list-of
-- What stands for nothing is not stored.
local function optional(text) if text ~= '' then return text end end

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
