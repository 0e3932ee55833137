--- restore(id, queue): sends the message of a lost worker again.
--- @include push
local function restore(id, queue) push(id, queue, call('HGET', key(id), 'message')) end
