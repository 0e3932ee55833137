--- What follows from an end, in the same step: the task's own result, messages, and tasks that end with it. Its arguments: result or '', n, n × (id,
--- queue, message), m, m × (id, state, value, result or ''). The tasks end unless they are over or run.
--- @include over, settle, push, announce
local function read_followers()
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
