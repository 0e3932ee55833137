--- postpone(id, message): BullMQ has its own way to wait, and gets the task at once.
--- @include push
local function postpone(id, message) push(id, nil, message) end
