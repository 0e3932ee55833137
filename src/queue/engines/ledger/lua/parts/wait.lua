--- wait(id, queue, from, runAt, expiresAt, unique, after, message, fields): decides what a task waits for: others, its time, or a worker. `fields`
--- are those of a new one.
--- @include over, change, name-of, failure, due, settle
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
