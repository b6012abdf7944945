#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <stdexcept>
#include <string>

#include "sim/files/atomic_file.hpp"
#include "sim/files/atomic_folder.hpp"
#include "sim/files/on_signal.hpp"

namespace systole {
namespace {

namespace fs = std::filesystem;

// A folder of its own for each test, gone at its end.
class AtomicFile : public testing::Test {
 protected:
  AtomicFile() {
    std::string name = (fs::temp_directory_path() / "systole_files_XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~AtomicFile() override { fs::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  static std::string read(const std::string& file) {
    std::ifstream in{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, std::istreambuf_iterator<char>{}};
  }
  std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator{folder_}, fs::directory_iterator{}));
  }

 private:
  fs::path folder_;
};

std::string error_of(const std::string& path) {
  try {
    write_file_atomically(path, "text");
  } catch (const std::runtime_error& e) {
    return e.what();
  }
  return "";
}

TEST_F(AtomicFile, WritesTheWholeTextAndLeavesNothingElse) {
  const std::string text(3'000'000, 'x');
  write_file_atomically(path("a.json"), text);
  EXPECT_EQ(read(path("a.json")), text);
  EXPECT_EQ(files(), 1U);
}

TEST_F(AtomicFile, ReplacesAnOldFileAndKeepsItsPermissions) {
  write_file_atomically(path("a.json"), "old and longer");
  ASSERT_EQ(::chmod(path("a.json").c_str(), 0640), 0);
  write_file_atomically(path("a.json"), "new");
  EXPECT_EQ(read(path("a.json")), "new");
  EXPECT_EQ(fs::status(path("a.json")).permissions(), fs::perms{0640});
  EXPECT_EQ(files(), 1U);
}

TEST_F(AtomicFile, ASymbolicLinkStaysALink) {
  write_file_atomically(path("real"), "old");
  fs::create_symlink("real", path("link"));
  write_file_atomically(path("link"), "new");
  EXPECT_TRUE(fs::is_symlink(path("link")));
  EXPECT_EQ(read(path("real")), "new");
}

TEST_F(AtomicFile, ALinkToNothingStaysALink) {
  fs::create_symlink("second", path("first"));
  fs::create_symlink(path("real"), path("second"));
  EXPECT_EQ(behind_links(path("first")), path("real"));
  write_file_atomically(path("first"), "new");
  EXPECT_TRUE(fs::is_symlink(path("first")));
  EXPECT_TRUE(fs::is_symlink(path("second")));
  EXPECT_EQ(read(path("real")), "new");
}

TEST_F(AtomicFile, LinksInACircleAreNotFollowed) {
  fs::create_symlink("loop", path("loop"));
  EXPECT_EQ(behind_links(path("loop")), path("loop"));
}

TEST_F(AtomicFile, WritesToADeviceInPlace) {
  write_file_atomically("/dev/null", "text");
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST_F(AtomicFile, AStreamedFileAppearsWholeAndLeavesNothingElse) {
  write_file_atomically(path("real"), "old");
  ASSERT_EQ(::chmod(path("real").c_str(), 0640), 0);
  fs::create_symlink("real", path("link"));
  std::ofstream{path("link.partial")} << "of the user";
  {
    StreamedFile file{path("link")};
    file.out() << "new";
    EXPECT_EQ(read(path("real")), "old");
    file.commit();
  }
  EXPECT_TRUE(fs::is_symlink(path("link")));
  EXPECT_EQ(read(path("real")), "new");
  EXPECT_EQ(fs::status(path("real")).permissions(), fs::perms{0640});
  EXPECT_EQ(read(path("link.partial")), "of the user");
  EXPECT_EQ(files(), 3U);
}

TEST_F(AtomicFile, AStreamedFileWithoutCommitLeavesWhatWasThere) {
  write_file_atomically(path("a"), "old");
  {
    StreamedFile file{path("a")};
    file.out() << "new" << std::flush;
  }
  EXPECT_EQ(read(path("a")), "old");
  EXPECT_EQ(files(), 1U);
}

TEST_F(AtomicFile, NothingIsLeftOfAStreamedFileWhenTheProgramIsKilled) {
  if (const int file = ::open(path("").c_str(), O_WRONLY | O_TMPFILE, 0600); file < 0) {
    GTEST_SKIP() << "this file system has no files without a name";
  } else {
    ::close(file);
  }
  write_file_atomically(path("a"), "old");
  const pid_t child = ::fork();
  if (child == 0) {
    StreamedFile file{path("a")};
    file.out() << "new" << std::flush;
    ::raise(SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(read(path("a")), "old");
  EXPECT_EQ(files(), 1U);
}

TEST_F(AtomicFile, ADeviceIsStreamedToInPlace) {
  fs::create_symlink("/dev/null", path("null"));
  StreamedFile file{path("null")};
  file.out() << "text";
  file.commit();
  EXPECT_TRUE(fs::is_symlink(path("null")));
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  EXPECT_EQ(files(), 1U);
}

// Opened again, the file behind it would be written from its start; replaced, it would be lost.
TEST_F(AtomicFile, TheNameOfAnOpenDescriptorIsWrittenBehindWhatItHas) {
  std::ofstream{path("log")} << "precious\n";
  const int log = ::open(path("log").c_str(), O_WRONLY | O_APPEND);
  ASSERT_GE(log, 0);
  const std::string number = std::to_string(log);
  fs::create_symlink("/dev/fd/" + number, path("link"));
  write_file_atomically("/dev/fd/" + number, "one\n");
  write_file_atomically("/proc/" + std::to_string(::getpid()) + "/fd/" + number, "two\n");
  {
    StreamedFile file{path("link")};
    file.out() << "three\n";
    file.commit();
  }
  ::close(log);
  EXPECT_EQ(read(path("log")), "precious\none\ntwo\nthree\n");
  EXPECT_EQ(error_of("/dev/fd/" + number),
            "/dev/fd/" + number + ": cannot open: Bad file descriptor");
}

TEST_F(AtomicFile, NamesOfDescriptorsAreToldFromOthers) {
  EXPECT_EQ(descriptor_named("/dev/stdout"), 1);
  EXPECT_EQ(descriptor_named("/dev/fd/7"), 7) << "open or not";
  fs::create_symlink("/proc/self/fd/3", path("link"));
  EXPECT_EQ(descriptor_named(path("link")), 3);
  fs::create_directory(path("fd"));
  for (const std::string& other : {path("fd/1"), path("fd"), path("none/1"), std::string{"1"},
                                   std::string{"/dev/fd/x"}, std::string{"/dev/null"}}) {
    EXPECT_EQ(descriptor_named(other), std::nullopt) << other;
  }
}

TEST_F(AtomicFile, AStreamedFileSaysWhatFailed) {
  const auto streamed = [](const std::string& path) -> std::string {
    try {
      StreamedFile file{path};
      file.out() << std::string(1'000'000, 'x');
      file.commit();
    } catch (const std::runtime_error& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_EQ(streamed(path("no/a")),
            path("no/a") + ": cannot create a file in its folder: No such file or directory");
  EXPECT_EQ(streamed(path(".")), path(".") + ": cannot write: Is a directory");
  if (fs::exists("/dev/full")) {
    EXPECT_EQ(streamed("/dev/full").find("/dev/full: cannot write: "), 0U);
  }
}

TEST_F(AtomicFile, ErrorsNameThePath) {
  EXPECT_EQ(error_of(path("no/such/folder/a.json")),
            path("no/such/folder/a.json") +
                ": cannot create a file in its folder: No such file or directory");
  fs::create_directory(path("folder"));
  EXPECT_EQ(error_of(path("folder")), path("folder") + ": cannot write: Is a directory");
}

TEST_F(AtomicFile, OfSeveralNoneIsWrittenWhenOneCannotBe) {
  EXPECT_THROW(write_files_atomically({{path("a"), "1"}, {path("missing/b"), "2"}}),
               std::runtime_error);
  EXPECT_TRUE(fs::is_empty(path(""))) << "nor is a temporary file left";
  write_files_atomically({{path("a"), "1"}, {path("b"), "2"}});
  EXPECT_EQ(read(path("b")), "2");
}

/// How a child process ends that writes to an atomic folder and then does as it is told.
int status_of_writer(const std::string& folder, const std::function<void(AtomicFolder&)>& then) {
  const pid_t child = ::fork();
  if (child == 0) {
    AtomicFolder writer{folder};
    for (int i = 0; i < 300; ++i) {  // more than a handler sees at once
      std::ofstream{writer.path() + "/a file of some name" + std::to_string(i)} << i;
    }
    then(writer);
    ::_exit(7);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return status;
}

TEST_F(AtomicFile, NothingIsLeftOfAFolderWhenASignalEndsTheProgram) {
  for (const int signal : kEndingSignals) {
    const int status = status_of_writer(path("a"), [&](AtomicFolder&) { ::raise(signal); });
    ASSERT_TRUE(WIFSIGNALED(status)) << status;
    EXPECT_EQ(WTERMSIG(status), signal) << "the parent sees who ended it";
    EXPECT_EQ(files(), 0U);
  }
}

TEST_F(AtomicFile, AFolderThatHasItsNameStaysWhenASignalEndsTheProgram) {
  const int status = status_of_writer(path("a"), [](AtomicFolder& writer) {
    writer.keep();
    ::raise(SIGTERM);
  });
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(files(), 1U);
  EXPECT_TRUE(fs::exists(path("a/a file of some name299")));
}

TEST_F(AtomicFile, OfSeveralFoldersThoseThatAreEmptyGoWhenASignalEndsTheProgram) {
  const auto stopped = [&](const std::function<void(RemovedOnSignal&)>& then) {
    const pid_t child = ::fork();
    if (child == 0) {
      RemovedOnSignal folders{RemovedOnSignal::Files::Kept};
      for (const char* name : {"a", "a/b", "a/b/c", "d"}) {
        if (!folders.create(path(name))) {
          ::_exit(1);
        }
      }
      then(folders);
      ::raise(SIGTERM);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status)) << status;
  };
  stopped([](RemovedOnSignal&) {});
  EXPECT_EQ(files(), 0U);
  stopped([&](RemovedOnSignal&) { std::ofstream{path("a/b/of_mine")} << "text"; });
  EXPECT_EQ(files(), 1U) << "d is gone";
  EXPECT_TRUE(fs::exists(path("a/b/of_mine")));
  EXPECT_FALSE(fs::exists(path("a/b/c")));
  fs::remove_all(path("a"));
  stopped([](RemovedOnSignal& folders) { folders.forget(); });
  EXPECT_TRUE(fs::exists(path("a/b/c")));
}

/// Two files, written to a folder as a converter does.
void write_two(const std::string& folder) {
  AtomicFolder writer{folder};
  std::ofstream{writer.path() + "/a"} << "1";
  std::ofstream{writer.path() + "/b"} << "2";
  writer.keep();
}

TEST_F(AtomicFile, WhatCannotBeWrittenHasTheNameThatItWouldHaveGot) {
  const auto error_of = [&](const std::function<int(const std::string&)>& write) -> std::string {
    AtomicFolder folder{path("a/")};
    try {
      folder.filled_by(write);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "";
  };
  const std::string why = ": cannot create a file in its folder: No such file or directory";
  const auto write_below = [](const std::string& folder) {
    write_file_atomically(folder + "/none/b", "text");
    return 0;
  };
  EXPECT_EQ(error_of(write_below), path("a/none/b") + why);
  fs::create_directory(path("a"));
  EXPECT_EQ(error_of(write_below), path("a/none/b") + why);
  EXPECT_TRUE(fs::is_empty(path("a")));
  struct Other : std::runtime_error {
    using std::runtime_error::runtime_error;
  };
  EXPECT_THROW(AtomicFolder{path("a")}.filled_by([](const std::string&) { throw Other{""}; }),
               Other);
}

TEST_F(AtomicFile, AnEmptyFolderStaysTheFolderThatItIs) {
  fs::create_directory(path("a"));
  ASSERT_EQ(::chmod(path("a").c_str(), 0700), 0);
  struct stat before {};
  ASSERT_EQ(::stat(path("a").c_str(), &before), 0);
  write_two(path("a"));
  struct stat after {};
  ASSERT_EQ(::stat(path("a").c_str(), &after), 0);
  EXPECT_EQ(after.st_ino, before.st_ino) << "somebody may be in it";
  EXPECT_EQ(after.st_mode, before.st_mode);
  EXPECT_EQ(std::distance(fs::directory_iterator{path("a")}, fs::directory_iterator{}), 2);
  EXPECT_EQ(read(path("a/b")), "2");
  EXPECT_EQ(files(), 1U);
}

TEST_F(AtomicFile, AFolderHasManyNames) {
  const fs::path here = fs::current_path();
  for (const char* name : {".", "./", "../a", "../a/.", "../a/./", "../link", "../link/"}) {
    fs::create_directory(path("a"));
    fs::create_symlink("a", path("link"));
    fs::current_path(path("a"));
    write_two(name);
    fs::current_path(here);
    EXPECT_EQ(read(path("a/a")), "1") << name;
    EXPECT_TRUE(fs::is_symlink(path("link"))) << name;
    EXPECT_EQ(files(), 2U) << name;
    fs::remove_all(path("a"));
    fs::remove(path("link"));
  }
  for (const char* name : {"a", "a/", "a/.", "a/./", "b/../a", "link"}) {
    fs::create_symlink("a", path("link"));
    fs::current_path(path(""));
    write_two(name);
    fs::current_path(here);
    EXPECT_EQ(read(path("a/a")), "1") << name;
    EXPECT_EQ(files(), 2U) << name;
    fs::remove_all(path("a"));
    fs::remove(path("link"));
  }
}

TEST_F(AtomicFile, AnEmptyFolderIsEmptyAgainWhenItIsNotKept) {
  fs::create_directory(path("a"));
  for (const int signal : kEndingSignals) {
    const int status = status_of_writer(path("a"), [&](AtomicFolder&) { ::raise(signal); });
    EXPECT_TRUE(WIFSIGNALED(status)) << status;
    EXPECT_TRUE(fs::is_empty(path("a"))) << signal;
  }
  {
    AtomicFolder writer{path("a")};
    std::ofstream{writer.path() + "/a"} << "1";
  }
  EXPECT_TRUE(fs::is_empty(path("a")));
}

TEST_F(AtomicFile, WhatComesIntoAnEmptyFolderMeanwhileStays) {
  fs::create_directory(path("a"));
  {
    AtomicFolder writer{path("a")};
    std::ofstream{writer.path() + "/a"} << "mine";
    std::ofstream{path("a/a")} << "yours";
    EXPECT_THROW(writer.keep(), std::runtime_error);
  }
  EXPECT_EQ(read(path("a/a")), "yours");
  EXPECT_EQ(std::distance(fs::directory_iterator{path("a")}, fs::directory_iterator{}), 1);
}

// As under nohup.
TEST_F(AtomicFile, ASignalThatIsIgnoredLeavesAFolderAlone) {
  struct sigaction ignored {};
  ignored.sa_handler = SIG_IGN;
  struct sigaction before {};
  ASSERT_EQ(::sigaction(SIGHUP, &ignored, &before), 0);
  const int status = status_of_writer(path("a"), [](AtomicFolder& writer) {
    ::raise(SIGHUP);
    writer.keep();
  });
  ::sigaction(SIGHUP, &before, nullptr);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 7);
  EXPECT_EQ(files(), 1U);
}

TEST(OnSignal, WhatASignalInterruptsFindsItsErrno) {
  struct sigaction returning {};
  returning.sa_handler = [](int) {};
  struct sigaction before {};
  ASSERT_EQ(::sigaction(SIGHUP, &returning, &before), 0);
  {
    const OnSignal spoils{[] { errno = EBADF; }, OnSignal::When::Always};
    errno = 0;
    ::raise(SIGHUP);
    EXPECT_EQ(errno, 0);
  }
  ::sigaction(SIGHUP, &before, nullptr);
}

}  // namespace
}  // namespace systole
