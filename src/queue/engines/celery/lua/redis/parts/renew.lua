--- renew(tag): the delivery is still being worked on.
--- @include layout, seconds
local function renew(tag) call('ZADD', G .. 'unacked_index', 'XX', seconds(), tag) end
