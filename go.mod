module github.com/azward/azward

go 1.26
