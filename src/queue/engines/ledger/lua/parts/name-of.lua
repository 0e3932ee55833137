--- name_of(id): the name of a task.
--- @include named
local function name_of(id)
  local v = call('HMGET', key(id), 'name', 'body')
  return v[1] or (v[2] and named(v[2])) or ''
end
