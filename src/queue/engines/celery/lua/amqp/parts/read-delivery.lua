--- read_delivery(): id, name and message of one that the broker delivered.
local function read_delivery() return arg(), arg(), arg() end
