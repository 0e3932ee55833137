--- is_second(tag, known): whether the message of a task that runs is another one: here the ledger sends the first one again where that is needed.
local function is_second() return true end
