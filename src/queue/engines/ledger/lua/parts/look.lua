--- look(id): what there is to know of a task before it is changed.
local function look(id)
  local v = call('HMGET', key(id), 'state', 'queue', 'token', 'worker', 'tag', 'expiresAt', 'unique', 'error', 'message', 'cancel', 'unlisted',
    'dependents')
  return {
    state = v[1] or nil, queue = v[2] or nil, token = v[3] or nil, worker = v[4] or nil, tag = v[5] or nil, expiresAt = v[6] or nil,
    unique = v[7] or nil, error = v[8] or nil, message = v[9] or nil, cancel = v[10] or nil, unlisted = v[11] or nil,
    dependents = v[12] or nil,
  }
end
