--- in_backend(work): does it in the database that has the results.
--- @include layout
local database, result_database = ARGV[#ARGV - 1], ARGV[#ARGV]
local function in_backend(work)
  if result_database == database then return work() end
  call('SELECT', result_database)
  local value = work()
  call('SELECT', database)
  return value
end
